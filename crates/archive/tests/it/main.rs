//! Archives as strangers make them: whole ones come out as they went in, the others write nothing outside.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod hostile;
mod make;
mod whole;
