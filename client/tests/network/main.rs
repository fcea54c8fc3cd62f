//! The command on networks and with credentials as people have them: slow ones, proxies, keys that expire. The services
//! are stand-ins on 127.0.0.1.

mod answers;
mod command;
mod configuration;
mod credentials;
mod dead_letters;
mod doctor;
mod grayscale;
mod interrupted;
mod later;
mod limits;
mod many;
mod map_jobs;
mod proxies;
mod session;
mod settings;
mod slow;
mod stand_in;
mod streams;
mod uploads;
