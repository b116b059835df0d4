//! Link arguments of each platform.

fn main() {
    napi_build::setup();
}
