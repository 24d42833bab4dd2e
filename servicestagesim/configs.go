package servicestagesim

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"slipway/internal/simframe"
)

// configHandlers are the operations of configuration files [4.5].
func configHandlers() map[string]handler {
	return map[string]handler{
		"CreateConfigGroup":   createConfigGroup,
		"ListConfigGroups":    listConfigGroups,
		"GetConfigGroup":      getConfigGroup,
		"DeleteConfigGroup":   deleteConfigGroup,
		"CreateConfig":        createConfig,
		"ImportConfigs":       importConfigs,
		"ListConfigs":         listConfigs,
		"GetConfig":           getConfig,
		"DeleteConfig":        deleteConfig,
		"UpdateConfig":        updateConfig,
		"ListConfigHistories": listConfigHistories,
		"GetConfigHistory":    getConfigHistory,
		"DeleteConfigHistory": deleteConfigHistory,
	}
}

// configGroup is a group of configuration files.
type configGroup struct{ thing }

// configFile is a configuration file with all its versions.
type configFile struct {
	thing

	GroupID   string `json:"groupId"`
	Type      string `json:"type"`
	Content   string `json:"content"`
	Sensitive bool   `json:"sensitive"`
	// Version counts its changes, from 1.
	Version int `json:"version"`
	// Versions are those that exist, oldest first, with the present one.
	Versions []*configVersion `json:"versions"`
}

// configVersion is a file as it once was.
type configVersion struct {
	ID          string    `json:"id"`
	Number      int       `json:"number"`
	Content     string    `json:"content"`
	Type        string    `json:"type"`
	Description string    `json:"description"`
	Sensitive   bool      `json:"sensitive"`
	Creator     string    `json:"creator"`
	Created     time.Time `json:"created"`
}

// groupView is a group in an answer.
type groupView struct {
	ID          string `json:"id"`
	ProjectID   string `json:"project_id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Creator     string `json:"creator"`
	Created     int64  `json:"create_time"`
}

func (c *call) showGroup(g *configGroup) groupView {
	return groupView{g.ID, c.config.ProjectID, g.Name, g.Description, g.Creator, millis(g.Created)}
}

// configView is a file in an answer. No operation binds files to components, so that none is bound.
type configView struct {
	ID          string `json:"id"`
	GroupID     string `json:"config_group_id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Type        string `json:"type"`
	Content     string `json:"content"`
	Version     string `json:"version"`
	ProjectID   string `json:"project_id"`
	Sensitive   bool   `json:"sensitive"`
	Created     int64  `json:"create_time"`
	Updated     int64  `json:"update_time"`
	Components  []any  `json:"components"`
	Creator     string `json:"creator"`
}

func (c *call) showConfig(f *configFile) configView {
	return configView{
		ID: f.ID, GroupID: f.GroupID, Name: f.Name, Description: f.Description, Type: f.Type, Content: f.Content, Version: versionText(f.Version),
		ProjectID: c.config.ProjectID, Sensitive: f.Sensitive, Created: millis(f.Created), Updated: millis(f.Updated), Components: []any{}, Creator: f.Creator,
	}
}

// versionText is the form of the version of a file: v1, v2 and so on.
func versionText(number int) string { return "v" + strconv.Itoa(number) }

// groupNamed finds a group by its name; nil when there is none.
func (s *state) groupNamed(name string) *configGroup {
	for _, g := range s.ConfigGroups {
		if g.Name == name {
			return g
		}
	}
	return nil
}

// fileNamed finds a file of a group by its name; nil when there is none.
func (s *state) fileNamed(group, name string) *configFile {
	for _, f := range s.Configs {
		if f.GroupID == group && f.Name == name {
			return f
		}
	}
	return nil
}

// createConfigGroup serves CreateConfigGroup.
func createConfigGroup(c *call) (reply, *apiError) {
	var in struct {
		Name        string `json:"name"`
		Description string `json:"description"`
	}
	if refused := c.decode(&in, bodyRule{}); refused != nil {
		return reply{}, refused
	}
	if c.st.groupNamed(in.Name) != nil {
		return reply{}, refuse(codeInvalid, "there is a configuration group of the name "+in.Name)
	}
	return reply{body: c.showGroup(c.addGroup(in.Name, in.Description))}, nil
}

func (c *call) addGroup(name, description string) *configGroup {
	g := &configGroup{c.newThing("config group", name, description)}
	c.st.ConfigGroups[g.ID] = g
	return g
}

// listConfigGroups serves ListConfigGroups.
func listConfigGroups(c *call) (reply, *apiError) {
	list, count, refused := shown(c, wanted(c.st.ConfigGroups, func(g *configGroup) bool { return c.asked("name", g.Name) }), c.showGroup)
	if refused != nil {
		return reply{}, refused
	}
	return reply{body: map[string]any{"count": count, "config_groups": list}}, nil
}

// group finds the group that the path names.
func (c *call) group() (*configGroup, *apiError) {
	id := c.params["config_group_id"]
	if g := c.st.ConfigGroups[id]; g != nil {
		return g, nil
	}
	return nil, refuse(codeNotFound, simframe.Shorten(id))
}

// getConfigGroup serves GetConfigGroup.
func getConfigGroup(c *call) (reply, *apiError) {
	g, refused := c.group()
	if refused != nil {
		return reply{}, refused
	}
	return reply{body: c.showGroup(g)}, nil
}

// deleteConfigGroup serves DeleteConfigGroup. A group with files stays.
func deleteConfigGroup(c *call) (reply, *apiError) {
	g, refused := c.group()
	if refused != nil {
		return reply{}, refused
	}
	for _, f := range c.st.Configs {
		if f.GroupID == g.ID {
			return reply{}, refuse(codeInvalid, "the configuration group has files; delete them first")
		}
	}
	delete(c.st.ConfigGroups, g.ID)
	return reply{}, nil
}

// configBody is the body of CreateConfig and UpdateConfig.
type configBody struct {
	GroupID     string  `json:"config_group_id"`
	Name        string  `json:"name"`
	Content     string  `json:"content"`
	Description *string `json:"description"`
	Type        string  `json:"type"`
	Sensitive   *bool   `json:"sensitive"`
}

// createConfig serves CreateConfig.
func createConfig(c *call) (reply, *apiError) {
	var in configBody
	if refused := c.decode(&in, bodyRule{}); refused != nil {
		return reply{}, refused
	}
	if c.st.ConfigGroups[in.GroupID] == nil {
		return reply{}, refuse(codeNotFound, simframe.Shorten(in.GroupID))
	}
	if c.st.fileNamed(in.GroupID, in.Name) != nil {
		return reply{}, refuse(codeInvalid, "the group has a configuration file of the name "+in.Name)
	}
	return reply{body: c.showConfig(c.addConfig(in))}, nil
}

// addConfig makes a file.
func (c *call) addConfig(in configBody) *configFile {
	f := &configFile{thing: c.newThing("config", in.Name, ""), GroupID: in.GroupID}
	c.st.Configs[f.ID] = f
	c.changeConfig(f, in)
	return f
}

// changeConfig makes a new version of a file.
func (c *call) changeConfig(f *configFile, in configBody) {
	f.Content, f.Type, f.Updated = in.Content, in.Type, c.now
	keep(&f.Description, in.Description)
	keep(&f.Sensitive, in.Sensitive)
	f.Version++
	f.Versions = append(f.Versions, &configVersion{
		ID: c.st.Draw("config version"), Number: f.Version, Content: f.Content, Type: f.Type, Description: f.Description, Sensitive: f.Sensitive,
		Creator: c.user, Created: c.now,
	})
}

// listConfigs serves ListConfigs.
func listConfigs(c *call) (reply, *apiError) {
	found := wanted(c.st.Configs, func(f *configFile) bool {
		return c.asked("name", f.Name) && c.asked("config_group_id", f.GroupID) && c.query.Get("component_id") == ""
	})
	list, count, refused := shown(c, found, c.showConfig)
	if refused != nil {
		return reply{}, refused
	}
	return reply{body: map[string]any{"count": count, "configs": list}}, nil
}

// configFile finds the file that the path names.
func (c *call) configFile() (*configFile, *apiError) {
	id := c.params["config_id"]
	if f := c.st.Configs[id]; f != nil {
		return f, nil
	}
	return nil, refuse(codeNotFound, simframe.Shorten(id))
}

// getConfig serves GetConfig.
func getConfig(c *call) (reply, *apiError) {
	f, refused := c.configFile()
	if refused != nil {
		return reply{}, refused
	}
	return reply{body: c.showConfig(f)}, nil
}

// deleteConfig serves DeleteConfig. The real service answers 200, whether there is such a file or not.
func deleteConfig(c *call) (reply, *apiError) {
	delete(c.st.Configs, c.params["config_id"])
	return reply{status: http.StatusOK}, nil
}

// updateConfig serves UpdateConfig.
func updateConfig(c *call) (reply, *apiError) {
	f, refused := c.configFile()
	if refused != nil {
		return reply{}, refused
	}
	var in configBody
	if refused := c.decode(&in, bodyRule{}); refused != nil {
		return reply{}, refused
	}
	if in.GroupID != f.GroupID {
		return reply{}, refuse(codeInvalid, "config_group_id cannot be changed, it is "+f.GroupID)
	}
	c.changeConfig(f, in)
	return reply{body: c.showConfig(f)}, nil
}

// historyView is a version of a file in an answer.
type historyView struct {
	ID          string `json:"config_history_id"`
	ConfigID    string `json:"config_id"`
	Content     string `json:"content"`
	Type        string `json:"type"`
	Version     string `json:"version"`
	Created     int64  `json:"create_time"`
	Components  []any  `json:"components"`
	Creator     string `json:"creator"`
	GroupID     string `json:"group_id"`
	Name        string `json:"config_name"`
	Description string `json:"description"`
	Sensitive   bool   `json:"sensitive"`
}

func (f *configFile) show(v *configVersion) historyView {
	return historyView{
		v.ID, f.ID, v.Content, v.Type, versionText(v.Number), millis(v.Created), []any{}, v.Creator, f.GroupID, f.Name, v.Description, v.Sensitive,
	}
}

// listConfigHistories serves ListConfigHistories.
func listConfigHistories(c *call) (reply, *apiError) {
	f, refused := c.configFile()
	if refused != nil {
		return reply{}, refused
	}
	versions := slices.Clone(f.Versions)
	if c.query.Get("order") != "asc" {
		slices.Reverse(versions)
	}
	cut, refused := page(c, versions)
	if refused != nil {
		return reply{}, refused
	}
	shown := views(cut, f.show)
	return reply{body: map[string]any{"count": len(versions), "histories": shown}}, nil
}

// configVersion finds the version of a file that the path names.
func (c *call) configVersion() (*configFile, *configVersion, *apiError) {
	f, refused := c.configFile()
	if refused != nil {
		return nil, nil, refused
	}
	id := c.params["config_history_id"]
	i := slices.IndexFunc(f.Versions, func(v *configVersion) bool { return v.ID == id })
	if i < 0 {
		return nil, nil, refuse(codeNotFound, simframe.Shorten(id))
	}
	return f, f.Versions[i], nil
}

// getConfigHistory serves GetConfigHistory.
func getConfigHistory(c *call) (reply, *apiError) {
	f, v, refused := c.configVersion()
	if refused != nil {
		return reply{}, refused
	}
	return reply{body: f.show(v)}, nil
}

// deleteConfigHistory serves DeleteConfigHistory. The version that is the present one stays.
func deleteConfigHistory(c *call) (reply, *apiError) {
	f, v, refused := c.configVersion()
	if refused != nil {
		return reply{}, refused
	}
	if v.Number == f.Version {
		return reply{}, refuse(codeInvalid, versionText(v.Number)+" is the present version of the file")
	}
	f.Versions = slices.DeleteFunc(f.Versions, func(other *configVersion) bool { return other == v })
	return reply{}, nil
}
