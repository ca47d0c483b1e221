package controller

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	// lookForQuiet is how often it is looked whether the program has gone quiet.
	lookForQuiet = 10 * time.Second
	// quietAllocations is how much a quiet program allocates in that time, at most:
	// probes, scrapes and leases need some.
	quietAllocations = 2 << 20
	// worthCollecting is how much must have been allocated since memory was last given
	// back, so that an idle program stays idle.
	worthCollecting = 16 << 20
)

// memoryGiver returns memory to the system whenever much was allocated and the program has
// gone quiet since. Go's runtime would keep most of it for minutes after many Profiles
// arrived, while what stays, the cache, is small.
type memoryGiver struct{}

// NeedLeaderElection is false: a replica that waits has filled its caches, too.
func (memoryGiver) NeedLeaderElection() bool { return false }

// Start looks every now and then until the context ends.
func (memoryGiver) Start(ctx context.Context) error {
	ticker := time.NewTicker(lookForQuiet)
	defer ticker.Stop()
	var returned, before uint64
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		now := allocated()
		if worthReturning(now, before, returned) {
			debug.FreeOSMemory()
			returned = now
		}
		before = now
	}
}

// worthReturning compares what was allocated until now, until the last look, and until
// memory was last returned.
func worthReturning(now, before, returned uint64) bool {
	return now-before < quietAllocations && now-returned > worthCollecting
}

// allocated is how much was ever allocated on the heap, in bytes.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
