package oidcissuer

import (
	"context"
	"sync/atomic"

	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// store is what the issuer keeps: zitadel's example, with groups and with a key that can be
// changed.
type store struct {
	*storage.Storage
	groups map[string][]string
	key    atomic.Pointer[signingKey]
}

// SigningKey is the key that new tokens are signed with.
func (s *store) SigningKey(context.Context) (op.SigningKey, error) {
	return privateKey{s.key.Load()}, nil
}

// KeySet has the keys that are published: the present one.
func (s *store) KeySet(context.Context) ([]op.Key, error) {
	return []op.Key{publicKey{s.key.Load()}}, nil
}

// SetUserinfoFromRequest adds the groups to what the example says of a user.
func (s *store) SetUserinfoFromRequest(ctx context.Context, info *oidc.UserInfo, request op.IDTokenRequest, scopes []string) error {
	if groups := s.groups[request.GetSubject()]; len(groups) > 0 {
		info.AppendClaims("groups", groups)
	}
	return s.Storage.SetUserinfoFromRequest(ctx, info, request, scopes)
}

// users are the people in the example's form.
type users map[string]*storage.User

// GetUserByID returns nil for somebody unknown.
func (u users) GetUserByID(id string) *storage.User { return u[id] }

// GetUserByUsername is the same here: people log in with their ID.
func (u users) GetUserByUsername(name string) *storage.User { return u[name] }

// ExampleClientID is nobody's.
func (u users) ExampleClientID() string { return "unused" }
