//! (e) The same as ../c/memory.c: bytes per pending oneshot, and growth in megabytes.

use crate::{runtime, turn, Bench};
use tokio::{sync::oneshot, task};

type Promise = oneshot::Sender<u64>;
type Future = oneshot::Receiver<u64>;

fn resident_bytes() -> f64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: f64 = text.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096.0
}

/// Makes an empty vector whose pages are there already.
fn touched<T>(count: usize) -> Vec<T> {
    let mut vector = Vec::with_capacity(count);
    for slot in vector.spare_capacity_mut() {
        // SAFETY: the slot is unused memory of this very size.
        unsafe { (slot as *mut std::mem::MaybeUninit<T>).write_bytes(1, 1) };
    }
    vector
}

fn create_all(count: usize, promises: &mut Vec<Promise>, futures: &mut Vec<Future>) {
    for _ in 0..count {
        let (promise, future) = oneshot::channel();
        promises.push(promise);
        futures.push(future);
    }
}

fn settle_all(promises: &mut Vec<Promise>, futures: &mut Vec<Future>) {
    for (i, promise) in promises.drain(..).enumerate() {
        promise.send(i as u64).unwrap();
    }
    for (i, mut future) in futures.drain(..).enumerate() {
        assert_eq!(future.try_recv().unwrap(), i as u64);
    }
}

/// One task per oneshot waits for it: what tokio has in place of a callback.
fn bytes_per_waiting_task(count: usize) -> f64 {
    let mut promises: Vec<Promise> = touched(count);
    runtime().block_on(async {
        let before = resident_bytes();
        for i in 0..count {
            let (promise, future) = oneshot::channel();
            promises.push(promise);
            task::spawn(async { future.await.unwrap() });
            if i % 1000 == 999 {
                turn().await; // lets them begin to wait
            }
        }
        turn().await;
        (resident_bytes() - before) / count as f64
    })
}

pub fn run(bench: &Bench) -> f64 {
    let count = bench.iterations as usize;
    if bench.subject == "task" {
        return bytes_per_waiting_task(count);
    }
    let mut promises: Vec<Promise> = touched(count);
    let mut futures: Vec<Future> = touched(count);
    let mut before = resident_bytes();
    if bench.variant == 0 {
        create_all(count, &mut promises, &mut futures);
        return (resident_bytes() - before) / count as f64;
    }
    for round in 0..bench.variant {
        create_all(count, &mut promises, &mut futures);
        settle_all(&mut promises, &mut futures);
        if round == 0 {
            before = resident_bytes();
        }
    }
    (resident_bytes() - before) / 1e6
}
