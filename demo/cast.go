package main

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kfprofiles/kfprofiles/internal/tenancy"
	"github.com/kfprofiles/kfprofiles/test/playground"
)

// Names in examples/profiles.
const (
	ownerRoom     = "kubeflow-user-example-com"
	ownerName     = "user@example.com"
	neighborRoom  = "kubeflow-user1"
	neighborName  = "user1@abcd.com"
	groupRoom     = "vision-team"
	groupName     = "vision-team"
	protectedRoom = "production-models"
)

// memberName is somebody who is in the group.
const memberName = "mia@example.com"

// cast is who tries the claims, each with the rights of that person or account and no
// others.
type cast struct {
	// admin is the administrator of the cluster.
	admin client.Client
	// owner and neighbor own a room each.
	owner, neighbor client.Client
	// member is in the group that owns a room; outsider is in another group.
	member, outsider client.Client
	// guest and auditor are contributors of that room, the auditor by a group.
	guest, auditor client.Client
	// editor and viewer are the accounts in the owner's room.
	editor, viewer client.Client
	// controller is the controller's own account.
	controller client.Client
	// cloud is AWS.
	cloud cloud
	// kfam is the access API.
	kfam kfamClient
}

// assemble makes a client for each of the cast: people by impersonation, accounts by a
// real token.
func assemble(ctx context.Context, running parts) (cast, error) {
	plane := running.plane
	c := cast{admin: plane.Client, kfam: kfamClient{running.kfam.URL}}
	var err error
	if c.cloud, err = openCloud(ctx, plane, running.aws.Environment); err != nil {
		return cast{}, err
	}
	people := []struct {
		who    *client.Client
		name   string
		groups []string
	}{
		{&c.owner, ownerName, nil},
		{&c.neighbor, neighborName, nil},
		{&c.member, memberName, []string{groupName}},
		{&c.outsider, "otto@example.com", []string{"audio-team"}},
		{&c.guest, guestName, nil},
		{&c.auditor, "ada@example.com", []string{"auditors"}},
	}
	for _, person := range people {
		var err error
		if *person.who, err = plane.As(person.name, person.groups...); err != nil {
			return cast{}, fmt.Errorf("make a client for %s: %w", person.name, err)
		}
	}
	accounts := []struct {
		who             *client.Client
		namespace, name string
	}{
		{&c.editor, ownerRoom, tenancy.EditorServiceAccount},
		{&c.viewer, ownerRoom, tenancy.ViewerServiceAccount},
		{&c.controller, playground.SystemNamespace, playground.ControllerAccount},
	}
	for _, account := range accounts {
		var err error
		if *account.who, err = plane.AsServiceAccount(ctx, account.namespace, account.name); err != nil {
			return cast{}, fmt.Errorf("make a client for the service account %s/%s: %w", account.namespace, account.name, err)
		}
	}
	return c, nil
}
