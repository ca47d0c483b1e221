package profile

import (
	"testing"

	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/kfprofiles/kfprofiles/plugin"
)

var _ plugin.Host = NewHost()

func TestTheHostIsTheWorkQueueOnceThereIsOne(t *testing.T) {
	h := NewHost()
	h.Again("early")
	if h.Backlog() != 0 {
		t.Errorf("before the start the backlog is %d", h.Backlog())
	}
	queue := workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[reconcile.Request]())
	defer queue.ShutDown()
	if err := h.start(t.Context(), queue); err != nil {
		t.Fatal(err)
	}
	h.Again("alice")
	h.Again("bob")
	h.Again("alice")
	if h.Backlog() != 2 {
		t.Fatalf("the backlog is %d, want 2", h.Backlog())
	}
	if first, _ := queue.Get(); first != requestFor("alice") || h.Backlog() != 1 {
		t.Errorf("first comes %v, and then there are %d", first, h.Backlog())
	}
}
