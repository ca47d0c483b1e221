package kfam

import (
	"context"
	"net/http"
	"time"
)

// clusterPatience is how long the cluster may take to carry out one request. It is less than
// the server's time to write an answer, so that a client of a cluster that hangs is told so
// instead of being cut off.
const clusterPatience = 20 * time.Second

// patiently returns the context in which a request is carried out.
func patiently(r *http.Request) (context.Context, context.CancelFunc) {
	return context.WithTimeout(r.Context(), clusterPatience)
}
