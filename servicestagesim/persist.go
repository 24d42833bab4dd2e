package servicestagesim

import (
	"errors"
	"fmt"
	"slices"
)

// complete makes what is missing in a state that was read, and tells what the simulator could not rely on.
func (s *state) complete() error {
	s.fillMaps()
	if err := errors.Join(
		consistent("environment", s.Environments), consistent("application", s.Applications), consistent("component", s.Components),
		consistent("runtime stack", s.Stacks), consistent("configuration group", s.ConfigGroups), consistent("configuration file", s.Configs),
		consistent("add-on", s.Addons),
	); err != nil {
		return err
	}
	for id, of := range s.Components {
		if s.Applications[of.ApplicationID] == nil || s.Environments[of.EnvironmentID] == nil {
			return fmt.Errorf("component %s: its application or its environment is missing", id)
		}
		if err := of.consistent(); err != nil {
			return fmt.Errorf("component %s: %w", id, err)
		}
	}
	if err := s.consistentGroups(); err != nil {
		return err
	}
	for id, f := range s.Configs {
		if s.ConfigGroups[f.GroupID] == nil || slices.Contains(f.Versions, nil) {
			return fmt.Errorf("configuration file %s: its group is missing, or a version of it is null", id)
		}
	}
	return s.consistentEnvironments()
}

// consistent checks that things are filed under their IDs.
func consistent[T interface {
	comparable
	listed
}](kind string, things map[string]T) error {
	var none T
	for id, t := range things {
		if t == none || t.base().ID != id {
			return fmt.Errorf("%s %s is null or filed under another ID", kind, id)
		}
	}
	return nil
}

// consistentEnvironments checks applications and environments.
func (s *state) consistentEnvironments() error {
	for id, a := range s.Applications {
		if a.Configuration == nil {
			a.Configuration = map[string][]variable{}
		}
		for env := range a.Configuration {
			if s.Environments[env] == nil {
				return fmt.Errorf("application %s: it has variables for an environment that is missing", id)
			}
		}
	}
	for id, e := range s.Environments {
		if slices.Contains(e.Declared, nil) || slices.Contains(e.Runs, nil) {
			return fmt.Errorf("environment %s: a declaration or a run of it is null", id)
		}
	}
	return s.consistentRest()
}

// consistentRest checks jobs, tokens and behaviours.
func (s *state) consistentRest() error {
	for id, j := range s.Jobs {
		if j == nil || j.ID != id || slices.Contains(j.Tasks, nil) || j.At < -1 || !j.Due.IsZero() && j.At >= len(j.Tasks) {
			return fmt.Errorf("job %s is null, filed under another ID or not complete", id)
		}
	}
	for _, t := range s.Tokens {
		if t == nil {
			return errors.New("a token is null")
		}
	}
	for source, b := range s.Behaviours {
		if b.Source != source {
			return fmt.Errorf("behaviour %s is filed under another source", source)
		}
		if err := b.Validate(); err != nil {
			return fmt.Errorf("behaviour %s: %w", source, err)
		}
	}
	return nil
}

// consistent checks that the versions of a workload are there which it names.
func (w *workload) consistent() error {
	if slices.Contains(w.Releases, nil) {
		return errors.New("a release of it is null")
	}
	for _, r := range w.Releases {
		g := r.Spec.Strategy.Gray
		if r.Spec.Strategy.Type == gray && (g == nil || g.Surge != surgeMirror && (g.FirstReplica.value() < 1 || g.Remaining.value() < 1)) {
			return fmt.Errorf("the strategy of its version %s is not complete", r.Version)
		}
	}
	for _, version := range []string{w.Version, w.Serving.Version, w.Next.Version, w.Previous} {
		if version != "" && w.release(version) == nil {
			return fmt.Errorf("it has no release of version %s", version)
		}
	}
	if w.Version == "" {
		return errors.New("it shows no version")
	}
	if w.Phase == statusGraying && w.Next.Version == "" {
		return errors.New("it waits in a gray release that it does not have")
	}
	if w.Replica < 0 || w.Replica > maxReplica || w.Next.Count < 0 || w.Serving.Count < 0 {
		return errors.New("its replicas are not in their limits")
	}
	return nil
}
