package saesim

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"
)

const (
	// allKeys is the key that mounts every key of a config map (SAE API reference
	// ch. 12.1).
	allKeys = "sae-sys-configmap-all"

	// Limits of config maps, of which the reference tells only that there are some
	// (readings; the size is that of Kubernetes).
	maxConfigMaps      = 100 // in a namespace
	maxConfigMapKeys   = 1000
	maxConfigMapLength = 1 << 20 // bytes of keys and values

	paramConfigMap = "ConfigMapId"
	paramMaps      = "ConfigMapMountDesc"
)

// configMap is one config map of a namespace (SAE API reference ch. 18).
type configMap struct {
	ID          int64             `json:"id"`
	NamespaceID string            `json:"namespaceId"`
	Name        string            `json:"name"`
	Description string            `json:"description,omitempty"`
	Data        map[string]string `json:"data"`
	CreatedAt   time.Time         `json:"createdAt"`
	UpdatedAt   time.Time         `json:"updatedAt"`
}

// configMapData reads the Data parameter.
func (c *call) configMapData() (map[string]string, *apiError) {
	var data map[string]string
	if json.Unmarshal([]byte(c.arg("Data")), &data) != nil || data == nil {
		return nil, invalidParameter("Data", "it must be a JSON object of texts")
	}
	size := 0
	for key, value := range data {
		if key == "" {
			return nil, invalidParameter("Data", "a key is empty")
		}
		size += len(key) + len(value)
	}
	if len(data) > maxConfigMapKeys || size > maxConfigMapLength {
		return nil, refuse(codeConfigMapSize)
	}
	return data, nil
}

type configMapIDData struct {
	ConfigMapID int64 `json:"ConfigMapId"`
}

// createConfigMap serves CreateConfigMap (SAE API reference ch. 18.1). No code for a
// name that is taken is listed (reading).
func createConfigMap(c *call) (any, *apiError) {
	ns, refused := c.existingNamespace()
	if refused != nil {
		return nil, refused
	}
	data, refused := c.configMapData()
	if refused != nil {
		return nil, refused
	}
	there := c.st.configMapsOf(ns.ID)
	switch {
	case len(there) >= maxConfigMaps:
		return nil, refuse(codeConfigMapQuota)
	case slices.ContainsFunc(there, func(m *configMap) bool { return m.Name == c.arg("Name") }):
		return nil, invalidParameter("Name", "the namespace has a config map of this name")
	}
	c.st.NextConfigMap++
	m := &configMap{
		ID: c.st.NextConfigMap, NamespaceID: ns.ID, Name: c.arg("Name"), Description: c.arg("Description"),
		Data: data, CreatedAt: c.now, UpdatedAt: c.now,
	}
	c.st.ConfigMaps[m.ID] = m
	return configMapIDData{ConfigMapID: m.ID}, nil
}

// configMapsOf lists the config maps of a namespace in the order they were made.
func (s *state) configMapsOf(namespaceID string) []*configMap {
	list := slices.SortedFunc(maps.Values(s.ConfigMaps), func(a, b *configMap) int { return cmp.Compare(a.ID, b.ID) })
	return slices.DeleteFunc(list, func(m *configMap) bool { return m.NamespaceID != namespaceID })
}

// configMap returns the config map a call names.
func (c *call) configMap() (*configMap, *apiError) {
	id, _ := strconv.ParseInt(c.arg(paramConfigMap), 10, 64)
	if m := c.st.ConfigMaps[id]; m != nil {
		return m, nil
	}
	return nil, refuse(codeConfigMapNotFound, c.arg(paramConfigMap))
}

// deleteConfigMap serves DeleteConfigMap (SAE API reference ch. 18.2).
func deleteConfigMap(c *call) (any, *apiError) {
	m, refused := c.configMap()
	if refused != nil {
		return nil, refused
	}
	if len(c.st.mounting(m)) > 0 {
		return nil, refuse(codeConfigMapMounted)
	}
	delete(c.st.ConfigMaps, m.ID)
	return configMapIDData{ConfigMapID: m.ID}, nil
}

// updateConfigMap serves UpdateConfigMap (SAE API reference ch. 18.3), whose answer
// has the ID as a text. The data is replaced; a description that is not sent stays.
func updateConfigMap(c *call) (any, *apiError) {
	m, refused := c.configMap()
	if refused != nil {
		return nil, refused
	}
	data, refused := c.configMapData()
	if refused != nil {
		return nil, refused
	}
	if text, sent := c.sent("Description"); sent {
		m.Description = text
	}
	m.Data, m.UpdatedAt = data, c.now
	return struct {
		ConfigMapID string `json:"ConfigMapId"`
	}{strconv.FormatInt(m.ID, 10)}, nil
}

type relatedAppData struct {
	AppName string
	AppID   string `json:"AppId"`
}

type configMapFullData struct {
	UpdateTime  int64
	NamespaceID string `json:"NamespaceId"`
	Description string
	CreateTime  int64
	RelateApps  []relatedAppData
	ConfigMapID int64 `json:"ConfigMapId"`
	Name        string
	Data        map[string]string
}

func (c *call) showConfigMap(m *configMap) configMapFullData {
	data := configMapFullData{
		UpdateTime: millis(m.UpdatedAt), NamespaceID: m.NamespaceID, Description: m.Description,
		CreateTime: millis(m.CreatedAt), RelateApps: []relatedAppData{}, ConfigMapID: m.ID, Name: m.Name, Data: m.Data,
	}
	for _, app := range c.st.mounting(m) {
		data.RelateApps = append(data.RelateApps, relatedAppData{AppName: app.Name, AppID: app.ID})
	}
	return data
}

// describeConfigMap serves DescribeConfigMap (SAE API reference ch. 18.4).
func describeConfigMap(c *call) (any, *apiError) {
	m, refused := c.configMap()
	if refused != nil {
		return nil, refused
	}
	return c.showConfigMap(m), nil
}

type configMapsData struct{ ConfigMaps []configMapFullData }

// listConfigMaps serves ListNamespacedConfigMaps (SAE API reference ch. 18.5).
func listConfigMaps(c *call) (any, *apiError) {
	ns, refused := c.existingNamespace()
	if refused != nil {
		return nil, refused
	}
	data := configMapsData{ConfigMaps: []configMapFullData{}}
	for _, m := range c.st.configMapsOf(ns.ID) {
		data.ConfigMaps = append(data.ConfigMaps, c.showConfigMap(m))
	}
	return data, nil
}

// configMapMount is one entry of ConfigMapMountDesc (SAE API reference ch. 12.1).
type configMapMount struct {
	ConfigMapID json.Number `json:"configMapId"`
	Key         string      `json:"key"`
	MountPath   string      `json:"mountPath"`
}

// mounts reads the config maps that a configuration mounts; what cannot be read
// mounts nothing.
func mounts(config map[string]string) []configMapMount {
	var list []configMapMount
	if json.Unmarshal([]byte(config[paramMaps]), &list) != nil {
		return nil
	}
	return list
}

// mounting lists the applications that mount a config map: in their configuration,
// in a version that an instance runs, or in one that an unfinished order brings.
func (s *state) mounting(m *configMap) []*application {
	id := json.Number(strconv.FormatInt(m.ID, 10))
	mounted := func(config map[string]string) bool {
		return slices.ContainsFunc(mounts(config), func(mount configMapMount) bool { return mount.ConfigMapID == id })
	}
	return slices.DeleteFunc(s.workloads(), func(a *application) bool {
		if mounted(a.settings()) {
			return false
		}
		versions := a.alive()
		if order := s.active(a); order != nil {
			versions[order.Plan.Target]++
			versions[order.Before]++
		}
		for id := range versions {
			if v := a.version(id); v != nil && mounted(v.Config) {
				return false
			}
		}
		return true
	})
}

// checkMounts checks the config maps that a configuration is to mount: they belong
// to the application's namespace, have the key, and do not share a path.
func (c *call) checkMounts(namespaceID string, config map[string]string) *apiError {
	const name = paramMaps
	if config[name] == "" {
		return nil
	}
	var list []configMapMount
	if json.Unmarshal([]byte(config[name]), &list) != nil {
		return invalidParameter(name, "it is not a list of mounts in JSON")
	}
	paths := map[string]bool{}
	for _, mount := range list {
		id, _ := strconv.ParseInt(mount.ConfigMapID.String(), 10, 64)
		m := c.st.ConfigMaps[id]
		if m == nil || m.NamespaceID != namespaceID {
			return refuse(codeConfigMapNotFound, mount.ConfigMapID)
		}
		if _, there := m.Data[mount.Key]; !there && mount.Key != allKeys {
			return refuse(codeConfigMapKey, mount.Key, id)
		}
		if mount.MountPath == "" {
			return invalidParameter(name, "a mount needs mountPath")
		}
		if paths[mount.MountPath] {
			return refuse(codeMountConflict, mount.MountPath)
		}
		paths[mount.MountPath] = true
	}
	return nil
}
