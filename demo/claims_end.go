package main

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// goneAfter is how long a room may take to disappear. Kubernetes lets five seconds pass
// before it begins to empty a namespace.
const goneAfter = 45 * time.Second

func endClaims(c cast) []claim {
	return []claim{
		{"Deleting a Profile takes its namespace away", "gone", takeAway(c.admin)},
		mayNot("Its owner has no rights left there", soonForbidden(get(c.neighbor, secret(neighborRoom)))),
	}
}

// takeAway deletes the neighbor's Profile and waits until it is gone, and its namespace.
func takeAway(admin client.Client) func(context.Context) observation {
	return func(ctx context.Context) observation {
		profile := profileOf(neighborRoom, neighborName)
		if err := admin.Delete(ctx, profile); err != nil {
			return observation{happened: inShort(err), err: err}
		}
		deleted := time.Now()
		namespace := &corev1.Namespace{ObjectMeta: named("", neighborRoom)}
		err := wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, goneAfter, true, func(ctx context.Context) (bool, error) {
			for _, object := range []client.Object{profile, namespace} {
				if err := get(admin, object)(ctx); !apierrors.IsNotFound(err) {
					return false, err
				}
			}
			return true, nil
		})
		if wait.Interrupted(err) {
			return observation{happened: "still there", err: fmt.Errorf("the Profile %s and its namespace are not both gone after %s", neighborRoom, goneAfter)}
		}
		if err != nil {
			return observation{happened: inShort(err), err: err}
		}
		return observation{happened: fmt.Sprintf("gone after %.1f s", time.Since(deleted).Seconds()), holds: true}
	}
}
