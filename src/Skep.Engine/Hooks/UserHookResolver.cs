using Skep.Bpf;
using Skep.Bpf.Interop;
using Skep.Engine.Digests;
using Skep.Engine.Rules;

namespace Skep.Engine.Hooks;

/// <summary>
/// Finds the places of hooks in programs and libraries. A probe at a function's entry goes to an instruction near it that the kernel emulates,
/// where that means the same (<see cref="UprobePlacement"/>).
/// </summary>
static class UserHookResolver
{
    const int LongestInstruction = 15, SetSize = 4;

    public static HookResolution Function(UserFunctionHook hook, bool withReturn, bool overrides, bool acts) => Resolve(hook, hook.Path, hook.IsSingle, (file, isMulti) =>
    {
        if (WhyNotTheFile(hook, file) is { } wrong) return HookResolution.Impossible($"{hook}: {wrong}") with { IsMissing = true };
        if (overrides) return HookResolution.Impossible($"{hook}: {WhyNoOverride()}; the nearest actions that work are Signal and Sigkill, which end the process before the function runs");
        var isGo = file.IsGo && hook.Symbol.Contains('.', StringComparison.Ordinal);
        if (isGo && withReturn) return HookResolution.Impossible($"{hook}: the return of a Go function cannot be hooked: Go moves its stacks, and a changed return address ends the program");
        var place = Find(hook, file, withReturn);
        if (place.Name is null) return HookResolution.Impossible($"{hook}: {place.Why}");
        var places = new UserPlaces { Path = hook.Path, Places = [place.Found!], IsMulti = isMulti, IsGo = isGo, File = StatusOf(file) };
        var entry = Entry(hook, places, acts);
        if (!withReturn) return new HookResolution([entry], null);
        var atReturn = places with { IsReturn = true };
        var exit = entry with
        {
            Phase = HookPhase.Return, Mechanism = HookMechanism.UserReturn, Places = atReturn, Section = atReturn.Section,
            Reason = $"{Mechanism(isMulti)} at the return has the result; a second program at the entry notes the arguments", Strength = ActionStrength.KilledAfterEffect,
        };
        return new HookResolution(acts ? [entry, exit] : [exit], null);
    });

    public static HookResolution Probe(UsdtHook hook, bool overrides, bool acts) => Resolve(hook, hook.Path, hook.IsSingle, (file, isMulti) =>
    {
        if (overrides) return HookResolution.Impossible($"{hook}: a probe is no function whose result could be replaced");
        var probes = UsdtProbe.ReadAll(file);
        var sites = probes.Where(p => p.Provider == hook.Provider && p.Name == hook.Name).OrderBy(p => p.FileOffset).ToList();
        if (sites.Count == 0)
        {
            var nearest = probes.Count == 0 ? "; it has none at all" : NearestName.Suffix($"{hook.Provider}:{hook.Name}", probes.Select(p => $"{p.Provider}:{p.Name}").Distinct());
            return HookResolution.Impossible($"{hook}: {hook.Path} has no probe {hook.Provider}:{hook.Name}{nearest}");
        }
        if (hook.Changed.Count > 0 && !Probes.WritesMemory)
        {
            return HookResolution.Impossible($"{hook}: Set needs programs that may write to a process's memory (bpf_probe_write_user), which this kernel refuses (lockdown, or a policy of the machine); the nearest actions that work are Signal and Sigkill");
        }
        foreach (var changed in hook.Changed)
        {
            if (sites.FirstOrDefault(s => changed >= s.Arguments.Count) is { } few) return HookResolution.Impossible($"{hook}: Set: there is no argument {changed}, the probe has {few.Arguments.Count}");
            if (sites.FirstOrDefault(s => s.Arguments[changed] is not { Kind: UsdtArgumentKind.Memory, Size: SetSize }) is { } other)
            {
                return HookResolution.Impossible($"{hook}: Set: argument {changed} is not {SetSize} bytes in memory: the probe's arguments are '{other.ArgumentText}'");
            }
        }
        var places = new UserPlaces
        {
            Path = hook.Path, IsMulti = isMulti, File = StatusOf(file),
            Places = [.. sites.Select(s => new UserPlace($"{hook.Provider}:{hook.Name}", s.FileOffset, s.SemaphoreOffset) { Placement = PlacementAt(file, s.FileOffset), Arguments = s.Arguments })],
        };
        return new HookResolution([Entry(hook, places, acts)], null);
    });

    /// <summary>Puts hooks of one file that are to be treated alike together; those at the same place as another one stay out.</summary>
    public static (ResolvedHook Hook, IReadOnlyList<int> Members) Join(IReadOnlyList<ResolvedHook> hooks, HookTarget target)
    {
        var members = Enumerable.Range(0, hooks.Count).DistinctBy(i => hooks[i].Places!.Places[0].Offset).OrderBy(i => hooks[i].Places!.Places[0].Offset).ToList();
        var places = hooks[0].Places! with { Places = [.. members.Select(i => hooks[i].Places!.Places[0])] };
        return (hooks[0] with { Target = target, Places = places, Section = places.Section, Reason = $"one link and one program serve {members.Count} functions of the file; {hooks[0].Reason}" }, members);
    }

    static HookResolution Resolve(HookTarget hook, string path, bool isSingle, Func<ExecutableFile, bool, HookResolution> find)
    {
        var (multi, single) = (Features.Attach(AttachFeature.UprobeMulti), Features.Attach(AttachFeature.Uprobe));
        if (!multi.IsPresent && !single.IsPresent) return HookResolution.Impossible($"{hook}: functions of programs need uprobes: {single.Reason}; there is no hook instead");
        if (!Path.IsPathRooted(path)) return HookResolution.Impossible($"{hook}: '{path}' is no absolute path");
        if (!Libc.TryStat(path, out var status)) return HookResolution.Impossible($"{hook}: there is no file {path}{NearestFile(path)}");
        if (!status.IsRegular) return HookResolution.Impossible($"{hook}: {path} is no regular file");
        try
        {
            using var file = ExecutableFile.Open(path);
            return find(file, multi.IsPresent && (!isSingle || !single.IsPresent));
        }
        catch (BpfException error)
        {
            return HookResolution.Impossible($"{hook}: {error.Message}");
        }
    }

    static ResolvedHook Entry(HookTarget hook, UserPlaces places, bool acts) => new()
    {
        Target = hook, Phase = HookPhase.Entry, Mechanism = HookMechanism.UserEntry, Places = places, Section = places.Section,
        Reason = $"{Mechanism(places.IsMulti)} on the file's inode, for all processes that map it",
        // The signal is delivered when the breakpoint returns to the process, before its next instruction.
        Strength = acts ? ActionStrength.Prevented : ActionStrength.None,
    };

    static string Mechanism(bool isMulti) => isMulti ? "uprobe.multi" : "a uprobe";

    static (string? Name, UserPlace? Found, string Why) Find(UserFunctionHook hook, ExecutableFile file, bool withReturn)
    {
        if (hook.Symbol.Length > 0)
        {
            // At the return the stack pointer must be what it was when the call was noted.
            var target = UprobeTarget.Resolve(file, hook.Symbol, 0, withReturn ? UprobePlacementMode.CheapestWithStack : UprobePlacementMode.CheapestWithRegisterArguments);
            return (hook.Symbol, new UserPlace(hook.Symbol, target.FileOffset, hook.Counter) { Placement = target.Placement }, "");
        }
        if (hook.Offset is not { } offset)
        {
            if (file.FileOffset(hook.Address ?? 0) is not { } found) return (null, null, $"address 0x{hook.Address:x} is in no segment of the file");
            offset = found;
        }
        if (file.Address(offset) is null) return (null, null, $"offset 0x{offset:x} is in no segment of the file");
        return (hook.Symbol, new UserPlace($"0x{offset:x}", offset, hook.Counter) { Placement = PlacementAt(file, offset) }, "");
    }

    static UprobePlacement? PlacementAt(ExecutableFile file, ulong offset) =>
        file.IsX64 ? UprobePlacement.At(file.ReadCode(offset, LongestInstruction), file.Address(offset) ?? 0) : null;

    static string? WhyNotTheFile(UserFunctionHook hook, ExecutableFile file)
    {
        if (hook.Digests.Count == 0) return null;
        var found = new List<string>();
        foreach (var algorithm in hook.Digests.Select(FileDigest.AlgorithmOf).Distinct(StringComparer.Ordinal))
        {
            var digest = $"{algorithm}:{(algorithm == FileDigest.BuildId ? file.BuildId is { Length: > 0 } id ? id : "none" : FileDigest.Of(algorithm, hook.Path))}";
            if (hook.Digests.Contains(digest, StringComparer.OrdinalIgnoreCase)) return null;
            found.Add(digest);
        }
        return $"binaryDigests: {hook.Path} is another file: {string.Join(", ", found)}";
    }

    static string WhyNoOverride() => Probes.WhyNoRegisters is { } refusal
        ? $"Override at user functions needs programs that may write registers at a uprobe, which this kernel refuses ({refusal}; kernel/trace/bpf_trace.c: kprobe_prog_is_valid_access)"
        : "Override at user functions is not possible yet, though programs may write registers there on this kernel";

    static FileStatus StatusOf(ExecutableFile file) =>
        Libc.TryStat($"/proc/self/fd/{file.Descriptor}", out var status) ? status : throw new BpfException($"{file.Path} cannot be looked at");

    static string NearestFile(string path)
    {
        try
        {
            var directory = Path.GetDirectoryName(path);
            return Directory.Exists(directory) ? NearestName.Suffix(Path.GetFileName(path), Directory.EnumerateFiles(directory).Select(f => Path.GetFileName(f))) : "";
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    static class Probes
    {
        /// <summary>What the kernel says to a program that writes a register at a uprobe; null when it may (from Linux 6.18).</summary>
        public static string? WhyNoRegisters { get; } = Refusal(code =>
            // From a register: Linux 6.1 has no other stores into a context.
            code.Store(Bpf.Building.ScalarType.U64, code.Context, 0, code.Call(Bpf.Instructions.HelperFunction.GetCurrentPidTgid)));

        /// <summary>Whether a program may write to the memory of the process.</summary>
        public static bool WritesMemory { get; } = Refusal(code => code.Call(Bpf.Instructions.HelperFunction.ProbeWriteUser, [1, code.Stack(4), 4])) is null;

        static string? Refusal(Action<Bpf.Building.CodeBuilder> write)
        {
            var builder = new Bpf.Building.ObjectBuilder("probe") { License = "Dual BSD/GPL" };
            builder.AddProgram("uprobe", "probe", code =>
            {
                write(code);
                code.Return(0);
            });
            try
            {
                BpfObject.Load(builder.Build()).Dispose();
                return null;
            }
            catch (BpfException error)
            {
                return error is VerifierException { Reason.Length: > 0 } refused ? refused.Reason : error.Message;
            }
        }
    }
}
