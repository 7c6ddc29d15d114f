//! (d) A C function starts an async function and is told its result by a C callback.
//!
//! Variants: 0: 1024 calls in flight; 1: one at a time; 2: one at a time, and the function suspends
//! once; 3: the caller blocks for the result.

use crate::{ns_per_op, run_as_task, runtime, turn, Bench};
use std::{
    ffi::c_void,
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

/// What C would call: spawns, and calls back when done.
extern "C" fn start(runtime: &Handle, value: u64, function: Callback, context: *mut c_void) {
    let context = Told(context);
    runtime.spawn(async move {
        let result = add_one(value).await;
        context.tell(function, result);
    });
}

extern "C" fn start_later(runtime: &Handle, value: u64, function: Callback, context: *mut c_void) {
    let context = Told(context);
    runtime.spawn(async move {
        let result = add_one_later(value).await;
        context.tell(function, result);
    });
}

/// What C would call in order to block.
extern "C" fn call(runtime: &Runtime, value: u64) -> u64 {
    runtime.block_on(add_one(value))
}

static SUM: AtomicU64 = AtomicU64::new(0);

extern "C" fn told(context: *mut c_void, result: u64) {
    // SAFETY: the context is `SUM`.
    unsafe { &*(context as *const AtomicU64) }.fetch_add(result, Ordering::Relaxed);
}

type Start = extern "C" fn(&Handle, u64, Callback, *mut c_void);

fn block(iterations: u64) -> f64 {
    let runtime = runtime();
    let call = black_box(call as extern "C" fn(&Runtime, u64) -> u64);
    let begin = Instant::now();
    for i in 0..iterations {
        assert_eq!(call(&runtime, i), i + 1);
    }
    ns_per_op(begin, iterations)
}

pub fn run(bench: &Bench) -> f64 {
    let iterations = bench.iterations;
    let (start, in_flight): (Start, _) = match bench.variant {
        0 => (start, IN_FLIGHT),
        1 => (start, 1),
        2 => (start_later, 1),
        _ => return block(iterations),
    };
    let start = black_box(start);
    // The calls are made on the runtime's own thread, where they cost least.
    run_as_task(async move {
        let handle = Handle::current();
        let begin = Instant::now();
        let mut begun = 0;
        while begun < iterations {
            let batch = in_flight.min(iterations - begun);
            for _ in 0..batch {
                start(&handle, 0, told, &SUM as *const AtomicU64 as *mut c_void);
            }
            begun += batch;
            while SUM.load(Ordering::Relaxed) < begun {
                turn().await;
            }
        }
        ns_per_op(begin, iterations)
    })
}
