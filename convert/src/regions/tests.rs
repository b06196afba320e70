mod built;
mod damage;
mod errors;
mod layouts;
mod release;
mod shared;
