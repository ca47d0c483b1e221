package profile

import (
	"bytes"
	"context"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/internal/identity"
)

func sealSecret(key []byte) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "profiles-system", Name: SealKeySecret}, Data: map[string][]byte{"key": key}}
}

func sealed(t *testing.T, k *seals) profilev1.IdentityBinding {
	t.Helper()
	sealer, err := k.sealer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return sealer.Seal("uid", identity.Entry{Plugin: "Cloud"}, profilev1.IdentityBound)
}

func TestTheKeyIsMadeOnceAndKept(t *testing.T) {
	reads := 0
	r := newRoom(t, interceptor.Funcs{Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
		if _, is := object.(*corev1.Secret); is {
			reads++
		}
		return c.Get(ctx, key, object, options...)
	}})
	first, again := sealed(t, r.Seals), sealed(t, r.Seals)
	if reads != 1 {
		t.Errorf("the Secret was read %d times, want once", reads)
	}
	secret := &corev1.Secret{}
	if err := r.Client.Get(t.Context(), client.ObjectKey{Namespace: "profiles-system", Name: SealKeySecret}, secret); err != nil {
		t.Fatal(err)
	}
	if len(secret.Data["key"]) != identity.SealKeySize || bytes.Count(secret.Data["key"], []byte{0}) > 8 || !ptr.Deref(secret.Immutable, false) {
		t.Errorf("the Secret is %+v", secret)
	}
	restarted := sealed(t, &seals{client: r.Client, live: r.Live, namespace: "profiles-system"})
	other := sealed(t, newRoom(t, interceptor.Funcs{}).Seals)
	if first.Seal != again.Seal || first.Seal != restarted.Seal || first.Seal == other.Seal {
		t.Errorf("seals: first %s, again %s, after a restart %s, in another cluster %s", first.Seal, again.Seal, restarted.Seal, other.Seal)
	}
}

func TestOfTwoControllersThatMakeTheKeyOneTakesTheOthers(t *testing.T) {
	theirs := bytes.Repeat([]byte{9}, identity.SealKeySize)
	r := newRoom(t, interceptor.Funcs{Create: func(ctx context.Context, c client.WithWatch, object client.Object, options ...client.CreateOption) error {
		if _, is := object.(*corev1.Secret); is {
			if err := c.Create(ctx, sealSecret(theirs)); err != nil {
				return err
			}
		}
		return c.Create(ctx, object, options...)
	}})
	sealer, err := identity.NewSealer(theirs)
	if err != nil {
		t.Fatal(err)
	}
	if !sealer.Genuine("uid", sealed(t, r.Seals)) {
		t.Error("the key that was there first was not taken")
	}
}

func TestABrokenKeyIsToldAndReadAgain(t *testing.T) {
	r := newRoom(t, interceptor.Funcs{}, sealSecret([]byte("short")))
	for range 2 {
		if _, err := r.Seals.sealer(t.Context()); err == nil || !strings.Contains(err.Error(), "profiles-system/"+SealKeySecret) || !strings.Contains(err.Error(), "delete the Secret") {
			t.Errorf("a key of 5 bytes is answered with %v", err)
		}
	}
	if err := r.Client.Delete(t.Context(), sealSecret(nil)); err != nil {
		t.Fatal(err)
	}
	sealed(t, r.Seals)
}
