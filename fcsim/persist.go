package fcsim

import (
	"errors"
	"fmt"
	"slices"
)

// complete makes what is missing in a state that was read, and tells what the simulator could not rely on.
func (s *state) complete() error {
	s.fillMaps()
	for name, v := range s.Services {
		if err := v.consistent(name); err != nil {
			return fmt.Errorf("service %s: %w", name, err)
		}
	}
	return s.consistentResources()
}

// consistentResources checks what belongs to no service.
func (s *state) consistentResources() error {
	for key, b := range s.Behaviours {
		if b.Code != key {
			return fmt.Errorf("behaviour %s is filed under another code", key)
		}
		if err := b.Validate(); err != nil {
			return fmt.Errorf("behaviour %s: %w", key, err)
		}
	}
	for name, d := range s.Domains {
		if d == nil || d.Name != name {
			return fmt.Errorf("custom domain %s is null or filed under another name", name)
		}
	}
	for name, l := range s.Layers {
		if l == nil || l.Name != name {
			return fmt.Errorf("layer %s is null or filed under another name", name)
		}
		last := 0
		for _, v := range l.Versions {
			if v == nil || v.Number <= last || v.Number > l.Published {
				return fmt.Errorf("layer %s: a version is null or not in order", name)
			}
			last = v.Number
		}
	}
	return nil
}

func (v *service) consistent(name string) error {
	if v == nil {
		return errors.New("it is null")
	}
	if v.Name != name {
		return errors.New("it is filed under another name")
	}
	if slices.Contains(v.Versions, nil) || slices.Contains(v.OnDemand, nil) || slices.Contains(v.Invocations, nil) {
		return errors.New("a version, an instance or an invocation of it is null")
	}
	last := 0
	for _, published := range v.Versions {
		if published.ID <= last || published.ID > v.Published {
			return fmt.Errorf("its version %d is not in order", published.ID)
		}
		last = published.ID
		if err := consistentFunctions(published.Functions); err != nil {
			return fmt.Errorf("version %d: %w", published.ID, err)
		}
	}
	if err := v.consistentPointers(); err != nil {
		return err
	}
	return consistentFunctions(v.Functions)
}

// consistentPointers checks what points to functions of the service, or calls them.
func (v *service) consistentPointers() error {
	for name, a := range v.Aliases {
		if a == nil || a.Name != name {
			return fmt.Errorf("its alias %s is null or filed under another name", name)
		}
	}
	for key, p := range v.Provisions {
		if p == nil || p.key() != key {
			return fmt.Errorf("its provision config %s is null or filed under another name", key)
		}
		if err := p.consistent(); err != nil {
			return fmt.Errorf("provision config %s: %w", key, err)
		}
	}
	for key, t := range v.Triggers {
		if t == nil || t.key() != key {
			return fmt.Errorf("its trigger %s is null or filed under another name", key)
		}
	}
	for key, a := range v.AsyncConfigs {
		if a == nil || a.key() != key {
			return fmt.Errorf("its asynchronous configuration %s is null or filed under another name", key)
		}
	}
	return nil
}

func consistentFunctions(functions map[string]*function) error {
	for name, f := range functions {
		if f == nil || f.Name != name {
			return fmt.Errorf("its function %s is null or filed under another name", name)
		}
	}
	return nil
}
