//! A command whose reader goes away, as `head` does once it has seen enough: no fault of the command, and nothing that
//! anybody is told of. `println!` has no other way than to panic then.

use std::any::Any;
use std::panic::{set_hook, take_hook};

/// What a shell says of a program that was ended by a closed pipe.
pub(crate) const READER_GONE: u8 = 141;

/// What systems say of writing to a closed pipe: Unix, and the two ways of Windows.
const CLOSED_PIPE: [&str; 3] = ["(os error 32)", "(os error 109)", "(os error 232)"];

/// From here on such a panic is silent. All others are told as before.
pub(crate) fn stay_silent() {
    let usual = take_hook();
    set_hook(Box::new(move |panic| {
        if !is_it(panic.payload()) {
            usual(panic);
        }
    }));
}

/// Whether a panic is that of `println!` into a closed pipe.
pub(crate) fn is_it(panic: &(dyn Any + Send)) -> bool {
    panic.downcast_ref::<String>().is_some_and(|said| {
        said.starts_with("failed printing to stdout") && CLOSED_PIPE.iter().any(|closed| said.ends_with(closed))
    })
}
