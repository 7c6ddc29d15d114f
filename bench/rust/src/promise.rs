//! (a) A promise, with and without a callback, on one thread.

use crate::{ns_per_op, run_as_task, turn, Bench};
use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};
use tokio::{sync::oneshot, task};

pub fn oneshot(bench: &Bench) -> f64 {
    let start = Instant::now();
    for i in 0..bench.iterations {
        let (promise, mut future) = oneshot::channel::<u64>();
        promise.send(i).unwrap();
        assert_eq!(future.try_recv().unwrap(), i);
    }
    ns_per_op(start, bench.iterations)
}

/// A task waits for the promise: what tokio has in place of a callback.
pub fn callback(bench: &Bench) -> f64 {
    static SUM: AtomicU64 = AtomicU64::new(0);
    let iterations = bench.iterations;
    let ns = run_as_task(async move {
        let start = Instant::now();
        for _ in 0..iterations {
            let (promise, future) = oneshot::channel::<u64>();
            task::spawn(async { SUM.fetch_add(future.await.unwrap(), Ordering::Relaxed) });
            promise.send(1).unwrap();
            turn().await;
        }
        ns_per_op(start, iterations)
    });
    assert_eq!(SUM.load(Ordering::Relaxed), iterations);
    ns
}
