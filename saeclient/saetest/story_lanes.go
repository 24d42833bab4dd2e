package saetest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// lanes puts the application that is idle into a lane by its tag: behind the other application, and
// behind a gateway. It needs a service beside SAE that routes.
func (s *suite) lanes(t *testing.T) {
	t.Helper()
	if !s.Have.AnySetting {
		return
	}
	s.lanesBehind(t, "mse", s.world.app, "AppEntryRule")
	s.lanesBehind(t, "apig", "gw-saetest", "MseGatewayEntryRule")
}

// lanesBehind makes a group of lanes behind an entry, with one lane, and deletes both.
func (s *suite) lanesBehind(t *testing.T, kind, entry, parameter string) {
	t.Helper()
	const tag = "g1" // that of the example of ServiceTags
	space := []string{"NamespaceId", s.world.space}
	group := []string{"GroupName", "lanes", "EntryAppType", kind, "EntryAppId", entry, "AppIds", jsonText(t, []string{s.world.app}), "SwimVersion", "2"}
	of := append(space, "GroupId", s.call(t, "CreateOrUpdateSwimmingLaneGroup", append(group, space...)...).data().text("GroupId"))
	s.call(t, "CreateOrUpdateSwimmingLaneGroup", append(of, "GroupName", "renamed")...)
	listed := s.call(t, "ListAllSwimmingLaneGroups", space...).list("Data")
	require.Equal(t, "renamed", listed[0].text("GroupName"))
	require.Equal(t, entry, listed[0].text("EntryAppId"))
	require.Equal(t, tag, s.call(t, "ListSwimmingLaneGroupTags", of...).list("Data")[0].text("Tag"))
	require.Equal(t, s.world.idle, s.call(t, "ListApplicationsForSwimmingLane", append(of, "Tag", tag)...).list("Data")[0].text("AppId"))
	s.call(t, "ListSwimmingLaneGatewayRoutes", append(space, "GatewayUniqueId", entry)...)

	rule := s.example("CreateOrUpdateSwimmingLane", parameter)
	made := s.call(t, "CreateOrUpdateSwimmingLane", append(of, "LaneName", "gray", "LaneTag", tag, "Enable", "false", "CanaryModel", "0", parameter, rule)...)
	lane := append(of, "LaneId", made.data().text("LaneId"))
	described := s.call(t, "DescribeSwimmingLane", lane...).data()
	require.Equal(t, s.world.idle, described.list("Apps")[0].text("AppId"))
	require.True(t, holds(parsed(rule), described[parameter]), "%s was sent as %s and is %v", parameter, rule, described[parameter])
	s.call(t, "CreateOrUpdateSwimmingLane", append(lane, "LaneTag", described.text("LaneTag"), parameter, jsonText(t, described[parameter]))...)
	require.Equal(t, described, s.call(t, "DescribeSwimmingLane", lane...).data(), "what was read is written back")
	s.call(t, "UpdateSwimmingLaneEnableAttribute", append(lane, "Enable", "true")...)
	require.Equal(t, "true", s.call(t, "ListAllSwimmingLanes", of...).list("Data")[0].text("Enable"))
	s.refused(t, "CreateOrUpdateSwimmingLane", message, append(of, "LaneName", "gray", "LaneTag", "other", parameter, rule)...)
	s.call(t, "DeleteSwimmingLaneGroup", of...)
	s.refused(t, "DescribeSwimmingLane", message, lane...)
}

// laneRefusals are of lane groups and lanes that do not exist.
func (s *suite) laneRefusals() (reads, writes []refusal) {
	nowhere := []string{"NamespaceId", s.Region + ":saetest-none"}
	of := []string{"NamespaceId", s.Region, "GroupId", "999999999"}
	reads = []refusal{
		{"ListAllSwimmingLaneGroups", noSpace, nowhere},
		{"ListAllSwimmingLanes", message, of},
		{"ListSwimmingLaneGroupTags", message, of},
		{"ListApplicationsForSwimmingLane", message, of},
		{"ListSwimmingLaneGatewayRoutes", empty, nil},
		{"DescribeSwimmingLane", message, append(of, "LaneId", "1")},
	}
	writes = []refusal{
		{"CreateOrUpdateSwimmingLaneGroup", message, append(of, "GroupName", "none")},
		{"DeleteSwimmingLaneGroup", message, of},
		{"CreateOrUpdateSwimmingLane", message, append(of, "LaneName", "none")},
		{"UpdateSwimmingLaneEnableAttribute", message, append(of, "LaneId", "1", "Enable", "true")},
	}
	return reads, writes
}
