//! The end-to-end tests: one program, so that the AWS SDK is linked once.

mod bad_input;
mod bad_requests;
mod dead_letters;
mod detached;
mod doctor;
mod jobs;
mod later;
mod limits;
mod many_clients;
mod many_files;
mod map_jobs;
mod other_clients;
mod settings;
mod status;
mod tables;
mod uploads;
