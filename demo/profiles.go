package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"

	profilev1 "github.com/kfprofiles/kfprofiles/api/v1"
	"github.com/kfprofiles/kfprofiles/test/playground"
)

// readyPatience is how long Profiles may take to become Ready. They need about a second.
const readyPatience = time.Minute

// applyExamples applies every Profile in examples/ and returns their names.
func applyExamples(ctx context.Context, plane *playground.Playground) ([]string, error) {
	root, err := playground.Root()
	if err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(root, "examples", "*", "*.yaml"))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, file := range files {
		objects, err := playground.Read(file)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", file, err)
		}
		if err := plane.Apply(ctx, objects...); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		for _, o := range objects {
			names = append(names, o.GetName())
		}
	}
	return names, nil
}

// waitUntilReady waits until all named Profiles are Ready and shows their conditions
// whenever they change.
func waitUntilReady(ctx context.Context, plane *playground.Playground, names []string, p *progress) error {
	var last []profilev1.Profile
	shown := map[string]string{}
	err := wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, readyPatience, true, func(ctx context.Context) (bool, error) {
		var list profilev1.ProfileList
		if err := plane.Client.List(ctx, &list); err != nil {
			return false, err
		}
		last = slices.DeleteFunc(list.Items, func(item profilev1.Profile) bool { return !slices.Contains(names, item.Name) })
		ready := 0
		for _, item := range last {
			if line := conditionsLine(item); line != shown[item.Name] {
				p.say("%s: %s", item.Name, line)
				shown[item.Name] = line
			}
			if isReady(item) {
				ready++
			}
		}
		return ready == len(names), nil
	})
	if wait.Interrupted(err) && ctx.Err() == nil {
		return fmt.Errorf("not every Profile became Ready within %s:\n%s", readyPatience, describeUnready(last))
	}
	return err
}

// isReady tells whether the Profile, as it stands, was carried out.
func isReady(p profilev1.Profile) bool {
	return slices.ContainsFunc(p.Status.Conditions, func(c profilev1.ProfileCondition) bool {
		return c.Type == profilev1.ConditionReady && c.Status == metav1.ConditionTrue && c.ObservedGeneration == p.Generation
	})
}

// conditionsLine is the conditions in one line, with the reason where it says more than
// that all is well.
func conditionsLine(p profilev1.Profile) string {
	if len(p.Status.Conditions) == 0 {
		return "not seen by the controller yet"
	}
	words := make([]string, len(p.Status.Conditions))
	for i, c := range p.Status.Conditions {
		words[i] = string(c.Type)
		switch {
		case c.Status != metav1.ConditionTrue:
			words[i] += "=" + string(c.Status) + " (" + c.Reason + ")"
		case c.Reason == profilev1.ReasonNoQuota, c.Reason == profilev1.ReasonNoPlugins:
			words[i] += " (" + c.Reason + ")"
		}
	}
	return strings.Join(words, ", ")
}

// describeUnready tells everything that is known about the Profiles that are not Ready.
func describeUnready(profiles []profilev1.Profile) string {
	var text strings.Builder
	for _, p := range profiles {
		if isReady(p) {
			continue
		}
		fmt.Fprintf(&text, "  %s\n", p.Name)
		if len(p.Status.Conditions) == 0 {
			fmt.Fprintf(&text, "    the controller has written no conditions\n")
		}
		for _, c := range p.Status.Conditions {
			fmt.Fprintf(&text, "    %s=%s %s: %s\n", c.Type, c.Status, c.Reason, c.Message)
		}
	}
	return strings.TrimSuffix(text.String(), "\n")
}
