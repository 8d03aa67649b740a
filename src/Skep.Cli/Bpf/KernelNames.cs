using System.Text;
using Skep.Bpf;

namespace Skep.Cli.Bpf;

/// <summary>Kinds of object in the kernel's spelling: <c>sched_cls</c>, <c>percpu_hash</c>, <c>kprobe_multi</c>.</summary>
static class KernelNames
{
    public static string Of(ProgramType type) => type == ProgramType.Extension ? "ext" : Snake(type.ToString());

    public static string Of(MapType type) => type switch
    {
        MapType.RingBuffer => "ringbuf",
        MapType.UserRingBuffer => "user_ringbuf",
        MapType.PerCpuHash => "percpu_hash",
        MapType.PerCpuArray => "percpu_array",
        MapType.LruPerCpuHash => "lru_percpu_hash",
        MapType.PerCpuCgroupStorage => "percpu_cgroup_storage",
        MapType.DevMap => "devmap",
        MapType.DevMapHash => "devmap_hash",
        MapType.CpuMap => "cpumap",
        MapType.SockMap => "sockmap",
        MapType.SockHash => "sockhash",
        MapType.XskMap => "xskmap",
        MapType.ReuseportSockArray => "reuseport_sockarray",
        _ => Snake(type.ToString()),
    };

    public static string Of(LinkType type) => type == LinkType.SockMap ? "sockmap" : Snake(type.ToString());

    public static string Of(AttachType type) => Snake(type.ToString());

    /// <summary>Words joined by underscores; a number stays with the word before it.</summary>
    public static string Snake(string name)
    {
        var result = new StringBuilder();
        for (var i = 0; i < name.Length; i++)
        {
            if (i > 0 && char.IsAsciiLetterUpper(name[i])) result.Append('_');
            result.Append(char.ToLowerInvariant(name[i]));
        }
        return result.ToString();
    }
}
