package profile

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kfprofiles/kfprofiles/internal/identity"
)

const (
	// SealKeySecret is the Secret in the controller's namespace with the key by which the
	// controller recognizes its own records. It is made when it is first needed.
	SealKeySecret = "profiles-identity-seal"
	sealKeyField  = "key"
)

// seals gets the key for records once, the first time that some Profile needs it.
type seals struct {
	client    client.Client
	live      client.Reader
	namespace string

	mu    sync.Mutex
	known *identity.Sealer
}

func (k *seals) sealer(ctx context.Context) (identity.Sealer, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known != nil {
		return *k.known, nil
	}
	secret, err := k.secret(ctx)
	if err != nil {
		return identity.Sealer{}, err
	}
	sealer, err := identity.NewSealer(secret.Data[sealKeyField])
	if err != nil {
		return identity.Sealer{}, fmt.Errorf("secret %s/%s, field %s: %w; delete the Secret to have a new one made",
			k.namespace, SealKeySecret, sealKeyField, err)
	}
	k.known = &sealer
	return sealer, nil
}

// secret reads the Secret or makes it. Of two controllers that make it at the same time
// one is told that it exists, and takes that.
func (k *seals) secret(ctx context.Context) (*corev1.Secret, error) {
	secret, err := k.read(ctx)
	if !apierrors.IsNotFound(err) {
		return secret, err
	}
	key := make([]byte, identity.SealKeySize)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	secret = &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: k.namespace, Name: SealKeySecret},
		Immutable:  ptr.To(true),
		Data:       map[string][]byte{sealKeyField: key},
	}
	err = k.client.Create(ctx, secret, client.DisableReadYourWritesConsistency)
	if apierrors.IsAlreadyExists(err) {
		return k.read(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("create secret %s/%s: %w", k.namespace, SealKeySecret, err)
	}
	return secret, nil
}

func (k *seals) read(ctx context.Context) (*corev1.Secret, error) {
	secret := &corev1.Secret{}
	if err := k.live.Get(ctx, client.ObjectKey{Namespace: k.namespace, Name: SealKeySecret}, secret); err != nil {
		return nil, fmt.Errorf("read secret %s/%s: %w", k.namespace, SealKeySecret, err)
	}
	return secret, nil
}
