//! A loop in chunks, and tasks that fork and join: rayon, and tokio on several threads. See ../../c/loop.c and ../../pool.

use crate::{ns_per_op, Bench};
use rayon::prelude::*;
use std::{
    future::Future,
    pin::Pin,
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

static SUM: AtomicU64 = AtomicU64::new(0);
static ZERO: AtomicU64 = AtomicU64::new(0);

fn chunk(index: u64) {
    if ZERO.load(Ordering::Relaxed) != 0 {
        SUM.fetch_add(index, Ordering::Relaxed);
    }
}

fn rayon_loop(chunks: u64) {
    (0..chunks as usize).into_par_iter().with_max_len(1).for_each(|index| chunk(index as u64));
}

pub fn run_loop(bench: &Bench) -> f64 {
    assert_eq!(bench.subject, "rayon");
    let (loops, chunks) =
        if bench.variant != 0 { (bench.iterations, bench.variant) } else { (1, bench.iterations) };
    for _ in 0..100 {
        rayon_loop(chunks.min(1000));
    }
    let start = Instant::now();
    for _ in 0..loops {
        rayon_loop(chunks);
    }
    ns_per_op(start, bench.iterations)
}

fn fork(leaves: u64) -> Pin<Box<dyn Future<Output = u64> + Send>> {
    Box::pin(async move {
        if leaves == 1 {
            return 1;
        }
        let left = tokio::spawn(fork(leaves / 2));
        let right = tokio::spawn(fork(leaves - leaves / 2));
        left.await.unwrap() + right.await.unwrap()
    })
}

fn join(leaves: u64) -> u64 {
    if leaves == 1 {
        return 1;
    }
    let (left, right) = rayon::join(|| join(leaves / 2), || join(leaves - leaves / 2));
    left + right
}

pub fn run_fork(bench: &Bench) -> f64 {
    let start;
    match (bench.subject.as_str(), bench.variant) {
        ("rayon", 0) => {
            join(1000);
            start = Instant::now();
            assert_eq!(join(bench.iterations), bench.iterations);
        }
        ("tokio", variant) => {
            let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();
            let iterations = bench.iterations;
            runtime.block_on(async move { tokio::spawn(fork(1000)).await.unwrap() });
            start = Instant::now();
            let sum = runtime.block_on(async move {
                if variant == 0 {
                    return tokio::spawn(fork(iterations)).await.unwrap();
                }
                tokio::spawn(async move {
                    let mut sum = 0;
                    for _ in 0..iterations {
                        sum += tokio::spawn(async { 1 }).await.unwrap();
                    }
                    sum
                })
                .await
                .unwrap()
            });
            assert_eq!(sum, iterations);
        }
        _ => panic!("no subject \"{}\"", bench.subject),
    }
    ns_per_op(start, bench.iterations)
}
