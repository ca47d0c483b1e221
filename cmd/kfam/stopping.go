package main

import (
	"context"
	"time"
)

// outlasting returns a context that ends some time after ctx does. Kubernetes takes a pod out of
// the endpoints of its Services at the same time as it asks it to stop, and whoever sends requests
// hears of it later; until then there has to be somebody to answer.
func outlasting(ctx context.Context, delay time.Duration) context.Context {
	longer, end := context.WithCancel(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, func() { time.AfterFunc(delay, end) })
	return longer
}
