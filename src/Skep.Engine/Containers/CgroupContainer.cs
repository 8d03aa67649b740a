namespace Skep.Engine.Containers;

/// <summary>The container that a control group's path names.</summary>
/// <param name="Runtime">docker, containerd, cri-o, podman, systemd-nspawn, lxc, runc; empty when the path does not tell.</param>
/// <param name="Id">The container's id or, where the runtime has none, its name.</param>
public readonly record struct CgroupContainer(string Runtime, string Id);
