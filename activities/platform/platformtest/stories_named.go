package platformtest

import (
	"github.com/stretchr/testify/require"

	"slipway/release"
)

// lookup asks which applications are called so, which changes nothing.
func (s *scene) lookup(namespace, name string) (found release.Lookup, err error) {
	s.Helper()
	sent := s.h.Changes
	s.h.Ask(func() {
		app := s.world.App()
		found, err = s.h.Driver.Lookup(s.Context(), release.LookupInput{
			App: release.App{Platform: app.Platform, Region: app.Region}, Namespace: namespace, Name: name,
		})
	})
	s.h.hears(found, err)
	require.Equal(s, sent, s.h.Changes, "a look-up changes nothing")
	return found, err
}

// lookedUp finds the application by exactly its name, in its namespace or anywhere, and else tells of it.
func lookedUp(s *scene) {
	called := s.world.Called()
	require.Equal(s, s.world.App().ID, called.ID)
	asks := func(namespace, name string) release.Lookup {
		found, err := s.lookup(namespace, name)
		require.NoError(s, err)
		return found
	}
	one := release.Lookup{Found: []release.NamedApp{called}}
	require.Equal(s, one, asks(called.Namespace, called.Name))
	require.Equal(s, one, asks("", called.Name))
	for _, other := range []string{called.Name[:len(called.Name)-1], called.Name + "s"} {
		found := asks(called.Namespace, other)
		require.Empty(s, found.Found, "%s is another name", other)
		require.Equal(s, []release.NamedApp{called}, found.Near)
	}
	if s.traits.NamespaceWords == "" {
		_, err := s.lookup("elsewhere", called.Name)
		require.Equal(s, release.FaultInvalid, FaultOf(err))
		return
	}
	found := asks("elsewhere", called.Name)
	require.Empty(s, found.Found, "it is in another namespace")
	require.Equal(s, []release.NamedApp{called}, found.Near)
}
