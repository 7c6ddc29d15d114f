//! (b) A worker settles a oneshot, the loop's task hears of it and answers by an eventfd.

use crate::{ns_per_op, pin, runtime, Bench};
use std::{sync::Mutex, thread, time::Instant};
use tokio::sync::oneshot;

fn eventfd_send(fd: i32) {
    let one = 1u64;
    // SAFETY: writes the eight bytes of a local.
    assert_eq!(unsafe { libc::write(fd, &one as *const u64 as *const _, 8) }, 8);
}

fn eventfd_receive(fd: i32) {
    let mut count = 0u64;
    // SAFETY: reads eight bytes into a local.
    assert_eq!(unsafe { libc::read(fd, &mut count as *mut u64 as *mut _, 8) }, 8);
}

pub fn run(bench: &Bench) -> f64 {
    pin(0);
    let iterations = bench.iterations;
    // SAFETY: a plain system call.
    let answer_fd = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC) };
    let (promise, mut future) = oneshot::channel::<u64>();
    let promise_now = Mutex::new(Some(promise));
    let mut heard = 0;
    let runtime = runtime();
    let start = Instant::now();
    thread::scope(|scope| {
        scope.spawn(|| {
            pin(1);
            for _ in 0..iterations {
                let promise = promise_now.lock().unwrap().take().unwrap();
                promise.send(1).unwrap();
                eventfd_receive(answer_fd);
            }
        });
        runtime.block_on(async {
            while heard < iterations {
                heard += future.await.unwrap();
                let (promise, next) = oneshot::channel();
                *promise_now.lock().unwrap() = Some(promise);
                future = next;
                eventfd_send(answer_fd);
            }
        });
    });
    ns_per_op(start, iterations)
}
