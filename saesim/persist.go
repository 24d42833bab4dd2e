package saesim

import (
	"errors"
	"fmt"
	"slices"
)

// complete makes what is missing in a state that was read, and tells what the engine could not rely on.
func (s *state) complete() error {
	s.fillMaps()
	for id, app := range s.Apps {
		if err := app.consistent(id, s); err != nil {
			return fmt.Errorf("application %s: %w", id, err)
		}
	}
	for id, order := range s.Orders {
		if err := order.consistent(id, s); err != nil {
			return fmt.Errorf("change order %s: %w", id, err)
		}
	}
	for _, order := range s.NamespaceOrders {
		if err := order.consistent(s); err != nil {
			return err
		}
	}
	for id, r := range s.GreyRoutes {
		if r == nil || s.Apps[r.AppID] == nil {
			return fmt.Errorf("gray rule %d: its application is missing", id)
		}
	}
	return s.checkResources()
}

func (a *application) consistent(id string, st *state) error {
	switch {
	case a == nil, slices.Contains(a.Instances, nil), slices.Contains(a.Versions, nil), slices.Contains(a.Rules, nil):
		return errors.New("it or a part of it is null")
	case a.Config == nil, slices.ContainsFunc(a.Versions, func(v *version) bool { return v.Config == nil }):
		return errors.New("it or a version of it has no configuration")
	case a.ID != id:
		return errors.New("it is filed under another ID")
	case a.ActiveOrder != "" && !slices.Contains(a.OrderIDs, a.ActiveOrder):
		return fmt.Errorf("its order %s is missing", a.ActiveOrder)
	case a.Replicas < 0 || a.Replicas > maxReplicas:
		return fmt.Errorf("it has %d instances", a.Replicas)
	case slices.ContainsFunc(a.Rules, func(r *scalingRule) bool { return r.Timer != nil && r.Timer.checkDates() != nil }):
		return errors.New("a scaling rule has wrong dates")
	}
	if err := a.jobsConsistent(); err != nil {
		return err
	}
	for _, id := range a.OrderIDs {
		if o := st.Orders[id]; o == nil || o.AppID != a.ID {
			return fmt.Errorf("its order %s is missing", id)
		}
	}
	return nil
}

func (o *namespaceOrder) consistent(st *state) error {
	if o == nil {
		return errors.New("a change order of a namespace is null")
	}
	for _, id := range o.Orders {
		if st.Orders[id] == nil {
			return fmt.Errorf("change order %s of namespace %s: its order %s is missing", o.ID, o.NamespaceID, id)
		}
	}
	return nil
}

func (o *changeOrder) consistent(id string, st *state) error {
	switch {
	case o == nil, slices.Contains(o.Pipelines, nil):
		return errors.New("it or a part of it is null")
	case o.ID != id:
		return errors.New("it is filed under another ID")
	case st.Apps[o.AppID] == nil || !slices.Contains(st.Apps[o.AppID].OrderIDs, id):
		return errors.New("its application does not know it")
	case !slices.Contains(phases(), o.Phase):
		return fmt.Errorf("it is in phase %q, which there is not", o.Phase)
	case (o.Phase == phaseFinished) == (st.Apps[o.AppID].ActiveOrder == id):
		return errors.New("it is finished and active, or neither")
	case len(o.Pipelines) == 0 || len(o.Pipelines) != len(o.Plan.Batches):
		return errors.New("its pipelines and batches differ")
	case o.Current < 0 || o.Current >= len(o.Pipelines):
		return errors.New("its current pipeline is missing")
	case o.Plan.Surge < 0:
		return errors.New("it has less than no instances above their number")
	case o.Plan.Unavailable < 1:
		return errors.New("its batches allow no instance to be down")
	case o.Current+1 >= len(o.Pipelines) && (o.Phase == phaseConfirm || o.Phase == phaseAutoWait):
		return errors.New("it waits for a batch it does not have")
	case o.Plan.Replicas < 0 || o.Plan.Replicas > maxReplicas:
		return fmt.Errorf("it scales to %d instances", o.Plan.Replicas)
	case o.Work.Done < 0 || o.Work.Wave < 0 || o.Work.Done > len(o.Work.Slots) || o.Work.Wave > len(o.Work.Slots)-o.Work.Done:
		return errors.New("its work is out of range")
	case o.Work.Waves < 1 && (o.Phase == phaseRunning || o.Phase == phaseRollback):
		return errors.New("its work has no waves")
	}
	return nil
}
