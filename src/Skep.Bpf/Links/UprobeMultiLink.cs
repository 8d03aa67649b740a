using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>A program on many places of one file. Requires at least Linux 6.6; sessions 6.13.</summary>
public sealed class UprobeMultiLink : BpfLink
{
    const uint ReturnFlag = 1;
    static readonly KernelSupport s_multi = new("uprobe.multi", new(6, 6), "use one UprobeLink per function");
    static readonly KernelSupport s_session = new("uprobe.session", new(6, 13), "use uprobe.multi at entry and at return");

    UprobeMultiLink(FileDescriptor fd, IReadOnlyList<UprobePlacement?> placements) : base(fd) => Placements = placements;

    /// <summary>Which instruction was chosen for each probe and why; null for returns and given offsets.</summary>
    public IReadOnlyList<UprobePlacement?> Placements { get; }

    /// <summary>Attaches to the places that the options name.</summary>
    /// <param name="program">A kprobe program loaded for <see cref="AttachType.TraceUprobeMulti"/> or <see cref="AttachType.TraceUprobeSession"/>.</param>
    /// <param name="binary">Path of the file, or a bare name to look for.</param>
    /// <param name="options">The places.</param>
    /// <exception cref="BpfException">There is no such file or function.</exception>
    /// <exception cref="BpfSyscallException">The kernel refused it.</exception>
    public static UprobeMultiLink Attach(BpfProgram program, string binary, UprobeMultiOptions options)
    {
        AttachFailure.RequireType(program, "uprobe.multi", ProgramType.Kprobe);
        ArgumentNullException.ThrowIfNull(options);
        var isSession = program.AttachType == AttachType.TraceUprobeSession;
        var path = ExecutablePath.Resolve(binary, options.ProcessId);
        var targets = Resolve(program, path, options, isSession || options.IsReturn ? UprobePlacementMode.Entry : options.Placement);
        if (options.Cookies.Count != 0 && options.Cookies.Count != targets.Count || options.ReferenceCounterOffsets.Count != 0 && options.ReferenceCounterOffsets.Count != targets.Count)
        {
            throw new ArgumentException("there must be as many cookies and reference counters as probes, or none", nameof(options));
        }
        var type = isSession ? AttachType.TraceUprobeSession : AttachType.TraceUprobeMulti;
        ulong[] offsets = [.. targets.Select(t => t.FileOffset)];
        ulong[] counters = [.. options.ReferenceCounterOffsets];
        ulong[] cookies = [.. options.Cookies];
        var result = LinkSyscalls.CreateUprobeMulti(
            program.Fd.Value, type, options.IsReturn && !isSession ? ReturnFlag : 0, path, (uint)options.ProcessId, offsets, counters, cookies);
        if (result >= 0) return new UprobeMultiLink(new FileDescriptor(result), [.. targets.Select(t => t.Placement)]);
        var target = $"{targets.Count} places of {path}";
        throw AttachFailure.Create(program, target, -result, isSession ? s_session : s_multi, result switch
        {
            -Errno.ESRCH => $"there is no process {options.ProcessId}",
            -Errno.EBADF => $"{path} is not a regular file",
            _ when (isSession ? s_session : s_multi).IsOlderHere => null,
            _ => AttachFailure.WrongAttachType(program, type, -result),
        });
    }

    static List<UprobeTarget> Resolve(BpfProgram program, string path, UprobeMultiOptions options, UprobePlacementMode mode)
    {
        if (options.Offsets.Count > 0) return [.. options.Offsets.Select(o => new UprobeTarget(path, null, o, null))];
        using var file = ExecutableFile.Open(path);
        if (options.Symbols.Count > 0) return [.. options.Symbols.Select(s => UprobeTarget.Resolve(file, s, 0, mode))];
        if (options.Pattern is not { } pattern) throw new ArgumentException("name functions by pattern, by symbols or by offsets", nameof(options));
        // Aliases share an address, which the kernel would take for two probes.
        var functions = file.Functions().Where(f => !f.IsIndirect && KernelFunctions.Matches(f.Name, pattern)).DistinctBy(f => f.Address).ToList();
        if (functions.Count == 0) throw new BpfException($"attach program '{program.Name}' to {path}: no function matches {pattern}");
        return [.. functions.Select(f => UprobeTarget.Resolve(file, f.Name, 0, mode)).DistinctBy(t => t.FileOffset)];
    }
}
