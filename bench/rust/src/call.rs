//! (d) A C function starts an async function and is told its result by a C callback.
//!
//! Variants: 0: 1024 calls in flight; 1: one at a time; 2: one at a time, and the function suspends
//! once; 3: the caller blocks for the result.
//!
//! The calls are made on the executor's own thread, where they cost least.

use crate::{ns_per_op, run_as_task, runtime, turn, Bench};
use async_executor::LocalExecutor;
use futures::{
    executor::{LocalPool, LocalSpawner},
    task::LocalSpawnExt,
};
use std::{
    ffi::c_void,
    future::Future,
    hint::black_box,
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};
use tokio::runtime::{Handle, Runtime};

const IN_FLIGHT: u64 = 1024;

type Callback = extern "C" fn(*mut c_void, u64);

async fn add_one(value: u64) -> u64 {
    value + 1
}

async fn add_one_later(value: u64) -> u64 {
    turn().await;
    value + 1
}

struct Told(*mut c_void);
// SAFETY: the counter behind it is atomic and lives for ever.
unsafe impl Send for Told {}

impl Told {
    fn tell(self, function: Callback, result: u64) {
        function(self.0, result)
    }
}

static SUM: AtomicU64 = AtomicU64::new(0);

extern "C" fn told(context: *mut c_void, result: u64) {
    // SAFETY: the context is `SUM`.
    let sum = unsafe { &*(context as *const AtomicU64) };
    sum.fetch_add(result, Ordering::Relaxed);
}

/// An executor that C would call: it spawns, and calls back when done.
trait Spawn {
    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static);
}

impl Spawn for Handle {
    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        Handle::spawn(self, work);
    }
}

impl Spawn for LocalSpawner {
    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.spawn_local(work).unwrap();
    }
}

impl Spawn for LocalExecutor<'_> {
    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        LocalExecutor::spawn(self, work).detach();
    }
}

extern "C" fn start<S: Spawn>(executor: &S, value: u64, function: Callback, context: *mut c_void) {
    let context = Told(context);
    executor.spawn(async move {
        let result = add_one(value).await;
        context.tell(function, result);
    });
}

extern "C" fn start_later<S: Spawn>(
    executor: &S, value: u64, function: Callback, context: *mut c_void,
) {
    let context = Told(context);
    executor.spawn(async move {
        let result = add_one_later(value).await;
        context.tell(function, result);
    });
}

/// Starts so many calls, from outside as C would.
fn start_batch<S: Spawn>(executor: &S, variant: u64, batch: u64) {
    type Start<S> = extern "C" fn(&S, u64, Callback, *mut c_void);
    let start: Start<S> = if variant == 2 { start_later } else { start };
    let start = black_box(start);
    for _ in 0..batch {
        start(executor, 0, told, &SUM as *const AtomicU64 as *mut c_void);
    }
}

fn batches(bench: &Bench) -> impl Iterator<Item = (u64, u64)> {
    let iterations = bench.iterations;
    let in_flight = if bench.variant == 0 { IN_FLIGHT } else { 1 };
    (0..iterations)
        .step_by(in_flight as usize)
        .map(move |begun| (in_flight.min(iterations - begun), iterations.min(begun + in_flight)))
}

fn tokio(bench: &Bench) -> f64 {
    let (variant, iterations) = (bench.variant, bench.iterations);
    let batches = batches(bench);
    run_as_task(async move {
        let handle = Handle::current();
        let begin = Instant::now();
        for (batch, begun) in batches {
            start_batch(&handle, variant, batch);
            while SUM.load(Ordering::Relaxed) < begun {
                turn().await;
            }
        }
        ns_per_op(begin, iterations)
    })
}

fn local_pool(bench: &Bench) -> f64 {
    let mut pool = LocalPool::new();
    let spawner = pool.spawner();
    let begin = Instant::now();
    for (batch, begun) in batches(bench) {
        start_batch(&spawner, bench.variant, batch);
        while SUM.load(Ordering::Relaxed) < begun {
            pool.run_until_stalled();
        }
    }
    ns_per_op(begin, bench.iterations)
}

fn async_executor(bench: &Bench) -> f64 {
    let executor = LocalExecutor::new();
    let begin = Instant::now();
    for (batch, begun) in batches(bench) {
        start_batch(&executor, bench.variant, batch);
        while SUM.load(Ordering::Relaxed) < begun {
            executor.try_tick();
        }
    }
    ns_per_op(begin, bench.iterations)
}

/// What C would call in order to block.
extern "C" fn call_tokio(runtime: &Runtime, value: u64) -> u64 {
    runtime.block_on(add_one(value))
}

extern "C" fn call_futures(_: &Runtime, value: u64) -> u64 {
    futures::executor::block_on(add_one(value))
}

fn block(iterations: u64, call: extern "C" fn(&Runtime, u64) -> u64) -> f64 {
    let runtime = runtime();
    let call = black_box(call);
    let begin = Instant::now();
    for i in 0..iterations {
        assert_eq!(call(&runtime, i), i + 1);
    }
    ns_per_op(begin, iterations)
}

pub fn run(bench: &Bench) -> f64 {
    match (bench.subject.as_str(), bench.variant) {
        ("tokio", 3) => block(bench.iterations, call_tokio),
        ("futures", 3) => block(bench.iterations, call_futures),
        ("tokio", _) => tokio(bench),
        ("local-pool", _) => local_pool(bench),
        ("async-executor", _) => async_executor(bench),
        (subject, _) => panic!("no subject {subject:?}"),
    }
}
