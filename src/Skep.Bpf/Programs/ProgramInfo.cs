using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>What the kernel tells about a loaded program (<c>struct bpf_prog_info</c>), its code apart; see <see cref="ProgramCode"/>.</summary>
public sealed record ProgramInfo
{
    internal ProgramInfo(string name, in ProgramInfoData data, IReadOnlyList<uint> mapIds)
    {
        var now = DateTimeOffset.UtcNow;
        Name = name;
        KernelName = BpfSyscall.Name(data.Name);
        Type = (ProgramType)data.Type;
        Id = data.Id;
        Tag = ProgramCode.TagText(data.Tag);
        JitedLength = data.JitedLength;
        XlatedLength = data.XlatedLength;
        SinceBoot = TimeSpan.FromTicks((long)(data.LoadTime / 100));
        LoadedAt = now - (TimeSpan.FromTicks((long)(Libc.BootTime / 100)) - SinceBoot);
        CreatedByUid = data.CreatedByUid;
        MapIds = mapIds;
        InterfaceIndex = data.InterfaceIndex;
        IsGplCompatible = (data.GplCompatible & 1) != 0;
        NetworkNamespaceDevice = data.NetworkNamespaceDevice;
        NetworkNamespaceInode = data.NetworkNamespaceInode;
        BtfId = data.BtfId;
        RunTime = TimeSpan.FromTicks((long)(data.RunTime / 100));
        RunTimeNanoseconds = data.RunTime;
        RunCount = data.RunCount;
        RecursionMisses = data.RecursionMisses;
        VerifiedInstructions = data.VerifiedInstructions;
        AttachBtfObjectId = data.AttachBtfObjectId;
        AttachBtfId = data.AttachBtfId;
    }

    /// <summary>The name, in full where the program's BTF tells it.</summary>
    public string Name { get; }

    /// <summary>The name as the kernel keeps it: at most 15 bytes. Requires at least Linux 4.15.</summary>
    public string KernelName { get; }

    /// <summary>Kind of program.</summary>
    public ProgramType Type { get; }

    /// <summary>Id, unique while the program lives.</summary>
    public uint Id { get; }

    /// <summary>Hash of the code as 16 hexadecimal digits.</summary>
    public string Tag { get; }

    /// <summary>Bytes of machine code; 0 when interpreted.</summary>
    public uint JitedLength { get; }

    /// <summary>Bytes of eBPF code after the verifier's rewrites; 0 when this user may not see it.</summary>
    public uint XlatedLength { get; }

    /// <summary>When it was loaded, since boot. Requires at least Linux 4.15.</summary>
    public TimeSpan SinceBoot { get; }

    /// <summary>When it was loaded, by the wall clock of now.</summary>
    public DateTimeOffset LoadedAt { get; }

    /// <summary>User that loaded it.</summary>
    public uint CreatedByUid { get; }

    /// <summary>Ids of the maps that it uses.</summary>
    public IReadOnlyList<uint> MapIds { get; }

    /// <summary>Interface of the device that it is bound to; 0 for none.</summary>
    public uint InterfaceIndex { get; }

    /// <summary>Whether its license permits helpers for GPL programs.</summary>
    public bool IsGplCompatible { get; }

    /// <summary>Device number of the network namespace of the bound device.</summary>
    public ulong NetworkNamespaceDevice { get; }

    /// <summary>Inode number of the network namespace of the bound device.</summary>
    public ulong NetworkNamespaceInode { get; }

    /// <summary>Id of its BTF; 0 for none. Requires at least Linux 5.0.</summary>
    public uint BtfId { get; }

    /// <summary>Total time of all runs while statistics were on (see <see cref="RuntimeStatistics"/>). Requires at least Linux 5.1.</summary>
    public TimeSpan RunTime { get; }

    /// <summary><see cref="RunTime"/> in nanoseconds.</summary>
    public ulong RunTimeNanoseconds { get; }

    /// <summary>Runs while statistics were on. Requires at least Linux 5.1.</summary>
    public ulong RunCount { get; }

    /// <summary>Runs that did not happen because the program was already running on that CPU. Requires at least Linux 5.12.</summary>
    public ulong RecursionMisses { get; }

    /// <summary>Instructions that the verifier looked at, all paths together. Requires at least Linux 5.16.</summary>
    public uint VerifiedInstructions { get; }

    /// <summary>BTF object of the attach target: the kernel's, a module's, a program's. Requires at least Linux 5.19.</summary>
    public uint AttachBtfObjectId { get; }

    /// <summary>BTF type of the attach target. Requires at least Linux 5.19.</summary>
    public uint AttachBtfId { get; }
}
