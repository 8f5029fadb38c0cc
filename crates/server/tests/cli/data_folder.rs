//! Which folder a server takes for its data.

use std::fs;

use crate::server::{free_address, lampfield};

/// Whatever is in there is nobody's to touch.
#[test]
fn a_folder_of_somebody_else_is_not_taken_for_data() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().display().to_string();
    fs::write(folder.path().join("letter"), "").expect("a file");
    let address = free_address();
    let serve = ["serve", "--until-eof", "--listen", &address, "--data-dir", &data];
    for typed in [&serve[..], &["check", "--data-dir", &data]] {
        let ran = lampfield(typed);
        assert_eq!(ran.code, Some(2), "{typed:?}: {}{}", ran.out, ran.err);
        let said = format!("error[foreign-folder]: {data} contains other files");
        assert!(ran.err.starts_with(&said) && ran.err.contains(" letter\n"), "{}", ran.err);
    }
    let left = fs::read_dir(folder.path()).expect("a folder").count();
    assert_eq!(left, 1, "nothing was made in it");
    fs::remove_file(folder.path().join("letter")).expect("a file");
    fs::create_dir(folder.path().join("lost+found")).expect("a folder");
    assert_eq!(lampfield(&serve).code, Some(0));
    fs::write(folder.path().join("letter"), "").expect("a file");
    assert_eq!(lampfield(&serve).code, Some(0), "it is ours by now");
}
