namespace Skep.Engine.Rules;

/// <summary>Kinds of namespace, in the order of <c>struct namespaces</c> in <c>bpf/engine.h</c>.</summary>
public enum NamespaceKind
{
    /// <summary>Host name.</summary>
    Uts,
    /// <summary>System V IPC.</summary>
    Ipc,
    /// <summary>Mounts.</summary>
    Mount,
    /// <summary>Pids.</summary>
    Pid,
    /// <summary>Pids of children to come.</summary>
    PidForChildren,
    /// <summary>Network.</summary>
    Network,
    /// <summary>Clocks.</summary>
    Time,
    /// <summary>Clocks of children to come.</summary>
    TimeForChildren,
    /// <summary>Control groups.</summary>
    Cgroup,
    /// <summary>Users.</summary>
    User,
}
