package access

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/kfprofiles/kfprofiles/internal/contributor"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
)

const (
	manyProfiles      = 1000
	bindingsInProfile = 5
)

// fullIndex has 1,000 Profiles with five bindings each, the owner's among them, and a
// hundred users who share them.
func fullIndex() *Index {
	x := NewIndex(Names{})
	for i := range manyProfiles {
		name, owner := fmt.Sprint("team-", i), user(fmt.Sprintf("owner-%d@example.com", i))
		uid := fmt.Sprint("uid-", i)
		x.PutProfile(profileOf(name, uid, owner))
		x.PutNamespace(namespaceOf(name, uid))
		_ = x.PutBinding(ownerBinding(name, owner))
		for j := range bindingsInProfile - 1 {
			guest := fmt.Sprintf("guest-%d@example.com", (i*7+j*13)%100)
			_ = x.PutBinding(contributor.RoleBinding(guestOf(name, guest, tenancy.RoleEdit)))
		}
	}
	return x
}

// BenchmarkList answers the dashboard's questions at the size of a large installation.
func BenchmarkList(b *testing.B) {
	x := fullIndex()
	for name, q := range map[string]Query{
		"an owner": {User: "owner-500@example.com"}, "a guest of 40": {User: "guest-7@example.com"},
		"a namespace": {Namespace: "team-500"}, "all": {},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					x.List(q)
				}
			})
		})
	}
}

// BenchmarkMemory tells how much an Index of that size holds.
func BenchmarkMemory(b *testing.B) {
	held := func() uint64 {
		var stats runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&stats)
		return stats.HeapAlloc
	}
	for b.Loop() {
		before := held()
		x := fullIndex()
		b.ReportMetric(float64(held()-before)/(1<<20), "MiB")
		runtime.KeepAlive(x)
	}
}
