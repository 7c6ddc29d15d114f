# The commands of this project. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help

SWIFT ?= swift
PREFIX ?= /usr/local
export PREFIX DESTDIR LIBDIR

# The long ones first, as JOBS of them run at a time.
PARTS := test-c test-bindgen test-core test-instructions test-python test-cpp test-install check test-node \
	test-tools test-addon test-loops test-exhaustion test-search test-docs test-inspect test-middleware test-fuzz
LONG_PARTS := test-sanitizers test-packages check-all test-cpp-all test-install-all test-exhaustion-all test-reproducible test-bench \
	test-async-algorithms test-bridges test-node-address test-memory-order test-pages
JOBS ?= 2

.PHONY: help check-swift packages stage build test test-long $(PARTS) $(LONG_PARTS) $(PARTS:%=part-%) $(LONG_PARTS:%=part-%) \
	test-node-versions mutants fuzz coverage \
	format demo demo-cpp demo-node bench install bundle wheel addon node-inspect clean

help: ## list these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 24

check-swift:
	@scripts/check-swift.sh

packages: ## install the Debian packages that building and testing need
	@scripts/install-packages.sh

build: check-swift packages ## build the library
	$(SWIFT) build -c release --product tenon

test: check-swift packages ## run all tests: [JOBS=2 parts at a time]
	@$(MAKE) --no-print-directory --jobs=$(JOBS) --output-sync=recurse --keep-going $(PARTS:%=part-%)
	@echo "make test: all parts passed"

# What one part prints is together, and those that build in one folder run one after the other.
$(PARTS:%=part-%) $(LONG_PARTS:%=part-%): part-%:
	@TIMEFORMAT='$*: %0R seconds, and %0U of processor'; time env -u MAKEFLAGS -u MAKELEVEL TENON_STAGED=1 $(MAKE) --no-print-directory $*
part-test-addon: part-test-bindgen
part-test-middleware: part-test-addon
part-test-tools part-test-exhaustion part-test-exhaustion-all: stage
part-test-reproducible: part-test-install-all part-test-exhaustion-all part-test-bench part-test-pages

stage: check-swift packages
	@scripts/stage.sh

test-long: check-swift packages ## what takes too long for each change: to be run before a release
	@$(MAKE) --no-print-directory --jobs=$(JOBS) --output-sync=recurse --keep-going $(LONG_PARTS:%=part-%)
	@echo "make test-long: all parts passed"

test-core: check-swift packages
	scripts/test-core.sh

test-async-algorithms: check-swift packages ## run what swift-async-algorithms makes of streams, and its own tests
	scripts/test-async-algorithms.sh

test-c: check-swift packages
	scripts/test-c.sh

test-fuzz: check-swift packages ## run random programs over the C API, the same ones each time
	scripts/test-fuzz.sh

test-memory-order: check-swift packages ## try all executions of what the core relies on between threads
	scripts/test-memory-order.sh

test-loops: check-swift packages ## check the adapter of each loop
	scripts/test-loops.sh

test-exhaustion: check-swift packages ## have each function run out of memory, descriptors and threads
	scripts/test-exhaustion.sh

test-tools: check-swift packages ## run valgrind's tools and the sanitizers on programs that use what is installed
	scripts/test-tools.sh

test-sanitizers: check-swift packages ## run the tests under the thread and the address sanitizer
	scripts/test-sanitizers.sh

test-cpp: check-swift packages
	scripts/test-cpp.sh

test-search: check-swift packages
	Tests/Search/run.sh search
	Tests/Search/run.sh search-cpp

test-node: check-swift packages
	scripts/test-node.sh

test-node-versions: check-swift packages ## run the Node suites on other versions of Node, which it downloads
	scripts/test-node.sh plain versions

test-python: check-swift packages ## run the Python suites: [PYTHON=python3.13]
	scripts/test-python.sh

test-middleware: check-swift packages ## run one chain of services in Swift, C++, JavaScript and Python
	scripts/test-middleware.sh

test-bridges: check-swift packages ## run Tenon beside swift-log, swift-metrics, swift-distributed-tracing and swift-service-lifecycle
	scripts/test-bridges.sh

test-inspect: check-swift packages ## look into processes and cores with the program tenon
	scripts/test-inspect.sh

test-install: check-swift packages
	Tests/Install/run.sh

test-docs: check-swift packages
	scripts/test-docs.sh

test-bindgen: check-swift packages ## run what tenon-bindgen makes of the samples
	scripts/test-bindgen.sh

test-packages: check-swift packages ## export real packages, and use them from C and C++
	scripts/test-packages.sh

test-instructions: check-swift packages
	bench/instructions.sh --check

check: check-swift packages ## check formatting, headers, layers, and what people read first
	scripts/check-format.sh
	scripts/check-headers.sh
	scripts/check-layers.sh
	scripts/check-scripts.sh
	scripts/check-welcome.sh
	packaging/check-types.sh
	python3 -B scripts/mutants.py --check
	python3 -B scripts/coverage.py --places

check-all: check-swift packages ## compile each header alone in every dialect, and have clang-tidy look at them
	scripts/check-headers.sh all
	scripts/check-tidy.sh

test-cpp-all: check-swift packages ## run the suite in C++ with each compiler, standard library and sanitizer
	scripts/test-cpp.sh all

test-install-all: check-swift packages ## make every kind of bundle
	Tests/Install/run.sh all

test-exhaustion-all: check-swift packages ## have each function fail at every point, not only at a choice of them
	TENON_EXHAUSTION= scripts/test-exhaustion.sh

test-reproducible: check-swift packages ## build what is installed twice, and compare
	scripts/check-reproducible.sh

test-node-address: check-swift packages
	scripts/test-node.sh address

test-pages: check-swift packages
	scripts/test-pages.sh

test-bench: check-swift packages ## build all that is measured, and measure one row
	QUICK=1 bench/run.sh promise

mutants: check-swift packages ## make deliberate faults, and see which ones no test finds
	python3 -B scripts/mutants.py

fuzz: check-swift packages ## run random programs led by coverage: make fuzz [TIME=600]
	scripts/fuzz.sh $(TIME)

coverage: check-swift packages ## print which lines and regions the tests reach, by folder
	python3 -B scripts/coverage.py

format: ## format Swift and C
	scripts/check-format.sh --fix

addon: check-swift ## make a Swift package one for npm: PACKAGE= PRODUCT= DEST=
	packaging/addon.sh

test-addon: check-swift packages ## run what tenon-bindgen makes of the samples for Node
	scripts/test-addon.sh

demo: check-swift packages ## search a tree: make demo [PATTERN=text] [DIR=folder]
	@scripts/demo.sh search

demo-cpp: check-swift packages ## the same search in C++, with coroutines
	@scripts/demo.sh search-cpp

demo-node: check-swift packages ## the same from JavaScript: make demo-node [PATTERN=text] [DIR=folder]
	@scripts/demo-node.sh

bench: check-swift packages ## measure against the field: make bench [QUICK=1]
	bench/run.sh
	bench/python/run.sh

install: check-swift ## install for C and C++: make install PREFIX=folder
	packaging/install.sh

bundle: check-swift ## make a Swift package one shared library: PACKAGE= PRODUCT= PREFIX=
	packaging/bundle.sh

node-inspect: check-swift ## make the package for Node that looks at its process: DEST=
	packaging/node-inspect.sh

wheel: check-swift ## make a Swift package one for pip: PACKAGE= PRODUCT= DEST=
	packaging/wheel.sh

clean: ## remove what was built
	rm -rf .build .build-*
