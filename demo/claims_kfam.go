package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Names that come by way of the access API.
const (
	newcomerRoom = "newcomer"
	newcomerName = "nora@example.com"
	guestName    = "guest@example.com"
)

func kfamClaims(c cast) []claim {
	k := c.kfam
	return []claim{
		answers("A newcomer registers, as the dashboard does it", http.StatusOK, k.register("", newcomerRoom, newcomerName, "")),
		answers("Nobody registers a second Profile", http.StatusForbidden, k.register(newcomerName, "newcomer-2", newcomerName, "")),
		answers("Nor one for somebody else", http.StatusForbidden, k.register(newcomerName, "for-mia", memberName, "")),
		answers("Nor one with an AWS role", http.StatusForbidden,
			k.register(guestName, "rich", guestName, `,"plugins":[{"kind":"AwsIamForServiceAccount","spec":{"awsIamRole":"`+roleOf(billingRoom)+`"}}]`)),
		answers("Nor one called kube-system", http.StatusForbidden, k.register(guestName, "kube-system", guestName, "")),
		may("The newcomer shares the room with a guest", k.share(newcomerName, newcomerRoom, guestName, "edit")),
		may("The guest may create a pod there", create(c.guest, pod(newcomerRoom, "visit", "100m"))),
		answers("The guest may not share it further", http.StatusForbidden, k.binding(http.MethodPost, guestName, newcomerRoom, ownerName, "view")),
		answers("The newcomer takes it back", http.StatusOK, k.binding(http.MethodDelete, newcomerName, newcomerRoom, guestName, "edit")),
		mayNot("The guest may see nothing there any more", soonNot(list(c.guest, &corev1.PodList{}, client.InNamespace(newcomerRoom)))),
	}
}

// kfamClient speaks to the access API as the gateway in front of it does: the user's name
// in a header.
type kfamClient struct{ url string }

// call sends a request as a user, or as nobody, and returns the status and what was said.
func (k kfamClient) call(ctx context.Context, as, method, path, body string) (int, error) {
	request, err := http.NewRequestWithContext(ctx, method, k.url+path, strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	if as != "" {
		request.Header.Set("kubeflow-userid", as)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	said, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", response.Status, said)
	}
	return response.StatusCode, err
}

// answer is what came of a call.
type answer func(context.Context) (int, error)

func (k kfamClient) register(as, name, owner, more string) answer {
	return func(ctx context.Context) (int, error) {
		return k.call(ctx, as, http.MethodPost, "/kfam/v1/profiles",
			fmt.Sprintf(`{"metadata":{"name":%q},"spec":{"owner":{"kind":"User","name":%q}%s}}`, name, owner, more))
	}
}

func (k kfamClient) binding(method, as, room, user, role string) answer {
	return func(ctx context.Context) (int, error) {
		return k.call(ctx, as, method, "/kfam/v1/bindings",
			fmt.Sprintf(`{"user":{"kind":"User","name":%q},"referredNamespace":%q,"RoleRef":{"kind":"ClusterRole","name":%q}}`, user, room, role))
	}
}

// share is a request that succeeds as soon as the room is there.
func (k kfamClient) share(as, room, user, role string) action {
	return func(ctx context.Context) error {
		_, err := k.binding(http.MethodPost, as, room, user, role)(ctx)
		return err
	}
}

// answers claims that the access API answers with a status.
func answers(sentence string, status int, do answer) claim {
	expected := map[int]string{http.StatusOK: "done", http.StatusForbidden: "refused"}[status]
	return claim{sentence, expected, func(ctx context.Context) observation {
		got, err := do(ctx)
		if got != status {
			return observation{happened: fmt.Sprintf("status %d", got), err: err}
		}
		return observation{happened: expected, holds: true}
	}}
}

// soonForbidden repeats a request until it is forbidden: for a moment after a binding is gone the
// answer may still be that there is nothing to be had.
func soonForbidden(do action) action {
	return func(ctx context.Context) error { return soon(ctx, do, apierrors.IsForbidden) }
}

// soonNot repeats a request until it is refused: the API server's rules follow a removed
// binding a moment later.
func soonNot(do action) action {
	return func(ctx context.Context) error {
		return soon(ctx, do, func(err error) bool { return err != nil })
	}
}
