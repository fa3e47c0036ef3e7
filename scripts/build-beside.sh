#!/bin/sh
# Begins to build the control plane that tests run, and does not wait for it. Where there is no Go, they say so themselves.
cd "$(dirname "$0")/.."
node_modules/.bin/node packages/testkit/src/kubernetes/kube-program.ts >/dev/null 2>&1 </dev/null &
