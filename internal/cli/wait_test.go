package cli

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
)

// watched has the API server answer each watch as next says, and counts them.
func (term *terminal) watched(next func(n int) (watch.Interface, error)) *int {
	asked := 0
	term.cluster = interceptor.NewClient(term.cluster, interceptor.Funcs{
		Watch: func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) (watch.Interface, error) {
			asked++
			return next(asked)
		},
	})
	return &asked
}

// tells is a watch that has these events and then ends.
func tells(events ...watch.Event) watch.Interface {
	w := watch.NewFakeWithChanSize(len(events), false)
	for _, event := range events {
		w.Action(event.Type, event.Object)
	}
	w.Stop()
	return w
}

// expired is how an API server ends a watch that it can no longer serve.
func expired() watch.Event {
	return watch.Event{Type: watch.Error, Object: &metav1.Status{Status: metav1.StatusFailure, Code: http.StatusGone, Reason: metav1.StatusReasonExpired, Message: "too old resource version"}}
}

const createAndWait = "create ann --owner ann@example.com --wait"

func TestWaitingSparesAnAPIServerInTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		term := open(t)
		asked := term.watched(func(int) (watch.Interface, error) {
			return tells(watch.Event{Type: watch.Added, Object: makeProfile("ann", "ann@example.com").
				condition(profilev1.ConditionReady, metav1.ConditionFalse, "PluginConflict", "Two entries\nask for different things.").obj()}, expired()), nil
		})
		began := time.Now()
		term.fails(createAndWait, 1, `error: profile ann is not ready after 2m0s (PluginConflict): Two entries\nask for different things.`+`
See: kubectl profile describe ann
The last attempt to follow it failed: too old resource version
`)
		if *asked < 20 || *asked > 40 || time.Since(began) != 2*time.Minute {
			t.Errorf("it asked %d times in %s", *asked, time.Since(began))
		}
	})
}

func TestWaitingGoesOnAfterAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		term := open(t)
		term.watched(func(n int) (watch.Interface, error) {
			switch n {
			case 1:
				return nil, errors.New("connection refused")
			case 2:
				return tells(expired()), nil
			case 3:
				return tells(), nil
			default:
				return tells(watch.Event{Type: watch.Modified, Object: makeProfile("ann", "ann@example.com").ready().obj()}), nil
			}
		})
		term.prints(createAndWait, "profile/ann created\nprofile/ann is ready\n")
	})
}

func TestWaitingForgetsAFailureThatIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		term := open(t)
		term.watched(func(n int) (watch.Interface, error) {
			if n == 1 {
				return nil, errors.New("connection refused")
			}
			return watch.NewFake(), nil
		})
		term.fails(createAndWait, 1, "not ready after 2m0s (NotReported): No controller has reported")
		if strings.Contains(term.err.String(), "refused") {
			t.Errorf("it says %s", term.err.String())
		}
	})
}

func TestWaitingEndsWhereItIsInVain(t *testing.T) {
	for says, answer := range map[string]func() (watch.Interface, error){
		"error: profile ann was deleted\n": func() (watch.Interface, error) {
			return tells(watch.Event{Type: watch.Deleted, Object: makeProfile("ann", "ann@example.com").obj()}), nil
		},
		"error: follow profile ann: profiles.kubeflow.org is forbidden: no": func() (watch.Interface, error) {
			return nil, apierrors.NewForbidden(schema.GroupResource{Group: "kubeflow.org", Resource: "profiles"}, "", errors.New("no"))
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			term := open(t)
			asked := term.watched(func(int) (watch.Interface, error) { return answer() })
			term.fails(createAndWait, 1, says)
			if *asked != 1 {
				t.Errorf("it asked %d times", *asked)
			}
		})
	}
}

func TestWaitingTellsWhatFailedBeforeTheTimeWasUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		term := open(t)
		asked := 0
		term.cluster = interceptor.NewClient(term.cluster, interceptor.Funcs{
			Watch: func(ctx context.Context, _ client.WithWatch, _ client.ObjectList, _ ...client.ListOption) (watch.Interface, error) {
				if asked++; asked == 1 {
					return nil, errors.New("connection refused")
				}
				<-ctx.Done()
				return nil, ctx.Err()
			},
		})
		term.fails(createAndWait, 1, "The last attempt to follow it failed: connection refused\n")
	})
}
