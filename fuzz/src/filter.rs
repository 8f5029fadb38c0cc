//! Filters: what is taken can be written and read again, and what is refused is marked inside the text.

use lampfield_operations::failure::Failure;
use lampfield_operations::filter::Filter;

pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Filter::parse(text) {
        Ok(filter) => assert_eq!(Filter::parse(&filter.to_string()).as_ref(), Ok(&filter)),
        Err(error) => {
            assert!(text.get(error.at.clone()).is_some(), "{error:?}");
            assert_eq!(Failure::from(error).to_string().lines().count(), 3);
        }
    }
}
