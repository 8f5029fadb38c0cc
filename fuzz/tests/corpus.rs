//! Every input of the corpus keeps the promises.

use std::fs;
use std::path::Path;

use lampfield_fuzz::CHECKS;

#[test]
fn the_corpus_keeps_every_promise() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (name, check) in CHECKS {
        let mut inputs = 0;
        for input in fs::read_dir(corpus.join(name)).expect("a folder for each parser") {
            let path = input.expect("a file").path();
            println!("{}", path.display());
            check(&fs::read(path).expect("it is readable"));
            inputs += 1;
        }
        assert!(inputs >= 5, "only {inputs} inputs for {name}");
    }
}
