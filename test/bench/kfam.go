package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/kfprofiles/kfprofiles/internal/contributor"
	"github.com/kfprofiles/kfprofiles/internal/tenancy"
	"github.com/kfprofiles/kfprofiles/test/playground"
)

// kfamFigures are how fast the access API tells users what is theirs, and what that costs.
type kfamFigures struct {
	Profiles int `json:"profiles"`
	// Bindings are those of contributors; each Profile has its owner's besides.
	Bindings int `json:"bindings"`
	// UserRPS are the answers a second to GET /kfam/v1/bindings?user=, and UserP99 is how
	// long all but one in a hundred took at most.
	UserRPS float64 `json:"user_rps"`
	UserP99 float64 `json:"user_p99_ms"`
	// BareRPS are those of a bare server that writes the same bytes, and Ratio is the first
	// divided by the second.
	BareRPS float64 `json:"bare_rps"`
	Ratio   float64 `json:"ratio"`
	// RSS is the memory of the access API after these answers, in MiB.
	RSS float64 `json:"rss_mib"`

	// BareP99 is UserP99 of the bare server.
	BareP99 float64 `json:"-"`
	// UserCPU and BareCPU are the servers' own processor time for an answer, in microseconds.
	UserCPU float64 `json:"-"`
	BareCPU float64 `json:"-"`
	// ClientCPU is that of this program for asking and reading.
	ClientCPU float64 `json:"-"`
	// ChangingRPS, ChangingRatio and ChangingCPU are UserRPS, Ratio and UserCPU while bindings
	// change ten times a second.
	ChangingRPS   float64 `json:"-"`
	ChangingRatio float64 `json:"-"`
	ChangingCPU   float64 `json:"-"`
	// RSSIdle is the memory before the first question.
	RSSIdle float64 `json:"-"`
	// Disturbed is the share of the machine that other programs took, from 0 to 1.
	Disturbed float64 `json:"-"`
}

// measureKFAM fills a control plane with Profiles that have bindings each, and asks the
// access API about every user in turn.
func measureKFAM(ctx context.Context, profiles, bindings int, patience time.Duration, say progress) (f kfamFigures, err error) {
	f = kfamFigures{Profiles: profiles, Bindings: profiles * bindings}
	err = onFreshControlPlane(ctx, profiles, patience, say, func(s *stage) (err error) {
		if err := s.shareRooms(ctx, bindings); err != nil {
			return err
		}
		kfam, err := s.plane.StartKFAM(ctx, playground.KFAMOptions{Flags: []string{"-trust-user-header"}})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, kfam.Stop()) }()
		return s.measureAnswers(ctx, &f, kfam)
	})
	return f, err
}

// shareRooms makes Profiles with all that they own, and then their contributors, as the
// controller and the access API would.
func (s *stage) shareRooms(ctx context.Context, bindings int) error {
	s.say("making %d Profiles with %d contributors each", len(s.names), bindings)
	if err := forEach(ctx, s.names, s.createRoom); err != nil {
		return err
	}
	err := forEach(ctx, guestsOf(s.names, bindings), func(ctx context.Context, guest contributor.Contributor) error {
		if err := s.client.Create(ctx, contributor.RoleBinding(guest)); err != nil {
			return err
		}
		return s.client.Create(ctx, contributor.Policy(guest, guestSettings))
	})
	return errors.Join(err, s.settle(ctx))
}

// guestSettings are those that the access API has by default.
var guestSettings = contributor.Settings{
	UserIDHeader: settings.UserIDHeader, UserIDPrefix: settings.UserIDPrefix, GroupsClaim: settings.GroupsClaim,
	IngressGatewayPrincipal: settings.IngressGatewayPrincipal, KFPUIPrincipal: settings.KFPUIPrincipal,
}

// guestsOf shares each Profile with the owners of the next ones, so that every user has as
// many bindings as any other.
func guestsOf(profiles []string, bindings int) []contributor.Contributor {
	var guests []contributor.Contributor
	for i, name := range profiles {
		for j := range bindings {
			guest := newProfile(profiles[(i+j+1)%len(profiles)]).Spec.Owner.Name
			guests = append(guests, contributor.Contributor{Namespace: name, Kind: rbacv1.UserKind, Name: guest, Role: tenancy.RoleEdit})
		}
	}
	return guests
}

func (f kfamFigures) print(output io.Writer) error {
	table := tabwriter.NewWriter(output, 0, 0, 3, ' ', 0)
	fmt.Fprintf(table, "\naccess API\taim\t%d Profiles, %d bindings\n", f.Profiles, f.Bindings)
	fmt.Fprintf(table, "GET bindings of a user, answers a second\t\t%.0f\n", f.UserRPS)
	fmt.Fprintf(table, "a bare server that writes the same bytes\t\t%.0f\n", f.BareRPS)
	fmt.Fprintf(table, "ratio\t>= 0.67\t%.2f\n", f.Ratio)
	fmt.Fprintf(table, "99 of 100 answers come within, ms\t\t%.2f\n", f.UserP99)
	fmt.Fprintf(table, "the same of the bare server, ms\t\t%.2f\n", f.BareP99)
	fmt.Fprintf(table, "processor time of an answer, µs\t\t%.0f\n", f.UserCPU)
	fmt.Fprintf(table, "the same of the bare server, µs\t\t%.0f\n", f.BareCPU)
	fmt.Fprintf(table, "the same of the client, µs\t\t%.0f\n", f.ClientCPU)
	fmt.Fprintf(table, "while %d bindings a second change: answers a second\t\t%.0f\n", changesPerSecond, f.ChangingRPS)
	fmt.Fprintf(table, "the same: ratio\t\t%.2f\n", f.ChangingRatio)
	fmt.Fprintf(table, "the same: processor time of an answer, µs\t\t%.0f\n", f.ChangingCPU)
	fmt.Fprintf(table, "memory, MiB\t\t%.1f\n", f.RSS)
	fmt.Fprintf(table, "memory before the first question, MiB\t\t%.1f\n", f.RSSIdle)
	fmt.Fprintf(table, "other programs' share of the machine\t\t%.0f%%\n", 100*f.Disturbed)
	return table.Flush()
}

// parseKFAM reads how many Profiles with how many bindings each, such as 1000/5. Zero means
// none.
func parseKFAM(text string) (profiles, bindings int, err error) {
	if text == "0" {
		return 0, 0, nil
	}
	if n, err := fmt.Sscanf(text, "%d/%d", &profiles, &bindings); n != 2 || err != nil || profiles < 2 || bindings < 1 || bindings >= profiles {
		return 0, 0, fmt.Errorf("-kfam is %q; it must be Profiles/bindings of each, fewer than Profiles, such as 1000/5, or 0 for none", text)
	}
	return profiles, bindings, nil
}
