using Skep.Bpf;
using Skep.Engine.Compilation;
using Skep.Engine.Rules;

namespace Skep.Engine.Hooks;

/// <summary>
/// Chooses the mechanism of a hook among those that this kernel offers, by what is asked there. What the kernel offers is probed
/// (<see cref="Features"/>), never guessed from its version.
/// </summary>
/// <param name="kernel">The kernel's types.</param>
/// <param name="probe">Tells what the kernel offers; null to ask it.</param>
/// <param name="injectable">Tells whether an error can be returned in place of a function that is no security hook; null to ask the kernel.</param>
/// <param name="whyNo32Bit">Tells why there are no system calls of 32-bit programs, or null; null to ask the kernel.</param>
public sealed class HookResolver(Btf kernel, Func<AttachFeature, FeatureSupport>? probe = null, Func<string, bool>? injectable = null, Func<string?>? whyNo32Bit = null)
{
    /// <summary>Functions whose result a trampoline may replace besides error-injectable ones (kernel/bpf/verifier.c: check_attach_modify_return).</summary>
    const string SecurityPrefix = "security_";

    /// <summary>Security hooks whose results mean something else than an error; recent kernels refuse programs there (kernel/bpf/bpf_lsm.c: bpf_lsm_disabled_hooks).</summary>
    static readonly string[] s_closedHooks =
    [
        "vm_enough_memory", "inode_need_killpriv", "inode_getsecurity", "inode_listsecurity", "inode_copy_up_xattr", "getselfattr", "getprocattr", "setprocattr",
    ];

    readonly Func<AttachFeature, FeatureSupport> _probe = probe ?? Features.Attach;
    readonly Func<string, bool> _injectable = injectable ?? ErrorInjection.Reaches;
    readonly Func<string?> _whyNo32Bit = whyNo32Bit ?? WhyNo32Bit;
    readonly Lazy<HashSet<string>?> _traceable = new(KernelFunctions.Traceable);

    /// <summary>Resolves a hook.</summary>
    /// <param name="target">What is wanted.</param>
    /// <param name="withReturn">Whether the result is wanted too.</param>
    /// <param name="overrides">Whether an error is to be returned in its place.</param>
    /// <param name="acts">Whether a signal is to be sent, or an error returned, before it runs.</param>
    public HookResolution Resolve(HookTarget target, bool withReturn, bool overrides, bool acts) => target switch
    {
        SyscallHook syscall => Syscall(syscall, withReturn, overrides, acts),
        FunctionHook function => Function(function, withReturn, overrides, acts),
        SecurityHook security => Security(security, $"it is a hook of the security modules"),
        TracepointHook tracepoint => Tracepoint(tracepoint, overrides),
        RawTracepointHook raw => RawTracepoint(raw, overrides),
        UserFunctionHook function => UserHookResolver.Function(function, withReturn, overrides, acts),
        UsdtHook probe => UserHookResolver.Probe(probe, overrides, acts),
        ExecutionHook => Sensor(target, overrides, ActionStrength.Prevented, "the sensor that follows processes decides: what is not wanted does not leave the kernel; a signal comes before the program's first instruction"),
        ExitHook => Sensor(target, overrides, ActionStrength.None, "the sensor that follows processes decides: what is not wanted does not leave the kernel"),
        _ => HookResolution.Impossible($"{target}: no mechanism for this kind of hook"),
    };

    /// <summary>
    /// Many system calls at once: a program at the entry or exit of all of them costs the others a look into a table, and one program each would
    /// cost more to load, to attach and, by some dozens of milliseconds each, to take off.
    /// </summary>
    public static HookResolution ResolveMany(SyscallSetHook hook, bool withReturn, bool acts)
    {
        var why = hook.Is32Bit ? "the tracepoints of single system calls leave out those of 32-bit programs, which the one of all calls sees" : "one program with a table serves many system calls";
        var entry = new ResolvedHook
        {
            Target = hook, Phase = HookPhase.Entry, Mechanism = HookMechanism.SyscallsEntry, Section = "tp_btf/sys_enter",
            Reason = why, Strength = ActionStrength.KilledAfterEffect,
        };
        var exit = new ResolvedHook
        {
            Target = hook, Phase = HookPhase.Return, Mechanism = HookMechanism.SyscallsExit, Section = "tp_btf/sys_exit",
            Reason = $"{why}; at their exit the result is known", Strength = ActionStrength.KilledAfterEffect,
        };
        if (!withReturn) return new HookResolution([entry], null);
        return new HookResolution(acts ? [entry, exit] : [exit], null);
    }

    HookResolution Syscall(SyscallHook hook, bool withReturn, bool overrides, bool acts)
    {
        if (hook.Is32Bit && _whyNo32Bit() is { } none) return HookResolution.Impossible($"{hook}: never called, {none}") with { NeverHappens = true };
        if (hook.Is32Bit && !overrides) return ResolveMany(new SyscallSetHook([hook.Name]) { Is32Bit = true }, withReturn, acts);
        if (overrides)
        {
            var wrapped = SyscallNames.WrapperOf(hook.Name);
            if (!hook.Is32Bit && ErrorInjection.ReachesSyscalls && FunctionSignature.Find(kernel, wrapped) is { } replaced)
            {
                return new HookResolution([new ResolvedHook
                {
                    Target = hook, Phase = HookPhase.Entry, Mechanism = HookMechanism.ModifyReturn, Section = $"fmod_ret/{wrapped}",
                    Reason = "a trampoline may replace the result of system calls on this kernel (CONFIG_FUNCTION_ERROR_INJECTION)", Strength = ActionStrength.Prevented, Signature = replaced,
                }], null);
            }
            var kin = SyscallKin.Of(hook.Name);
            var instead = kin is null ? "" : $"; the nearest hook that can refuse is lsmhooks '{kin}'{(_probe(AttachFeature.Lsm).IsPresent ? "" : ", which this kernel refuses too: " + _probe(AttachFeature.Lsm).Reason)}";
            return HookResolution.Impossible($"{hook}: {ErrorInjection.WhyNotSyscall(hook.Is32Bit)}{instead}");
        }
        var function = SyscallNames.FunctionOf(hook.Name);
        var format = TracepointFormat.Read("syscalls", "sys_enter_" + function);
        if (format is null)
        {
            return HookResolution.Impossible($"{hook}: this kernel has no tracepoint syscalls/sys_enter_{hook.Name}: no such system call on this architecture, or CONFIG_FTRACE_SYSCALLS is off") with { IsMissing = true };
        }
        var entry = new ResolvedHook
        {
            Target = hook, Phase = HookPhase.Entry, Mechanism = HookMechanism.SyscallEntry,
            Section = $"tracepoint/syscalls/sys_enter_{function}",
            Reason = "the tracepoint of this one system call costs the others nothing but its check",
            Strength = StrengthAtEntry(hook.Name), Format = format,
        };
        var exit = new ResolvedHook
        {
            Target = hook, Phase = HookPhase.Return, Mechanism = HookMechanism.SyscallExit,
            Section = $"tracepoint/syscalls/sys_exit_{function}",
            Reason = "at its exit the result is known, and the pages of its arguments have been faulted in",
            Strength = ActionStrength.KilledAfterEffect, Format = format,
        };
        if (!withReturn) return new HookResolution([entry], null);
        return new HookResolution(acts ? [entry, exit] : [exit], null);
    }

    /// <summary>A pending SIGKILL stops these before they do anything: execve looks for one, and so do the loops that write to the page cache.</summary>
    static ActionStrength StrengthAtEntry(string syscall) =>
        syscall is "execve" or "execveat" or "write" or "pwrite64" or "writev" or "pwritev" or "pwritev2" ? ActionStrength.Prevented : ActionStrength.KilledAfterEffect;

    HookResolution Function(FunctionHook hook, bool withReturn, bool overrides, bool acts)
    {
        if (overrides)
        {
            if (hook.Function.StartsWith(SecurityPrefix, StringComparison.Ordinal))
            {
                var name = SecurityName(hook.Function);
                if (!s_closedHooks.Contains(name) && _probe(AttachFeature.Lsm).IsPresent && SignatureOfSecurity(name) is not null)
                {
                    return Security(new SecurityHook(name), $"{hook.Function} is the security hook {name}, whose result a program may give") is { Failure: null } found
                        ? new HookResolution([found.Hooks[0] with { Target = hook }], null)
                        : HookResolution.Impossible($"{hook}: cannot be attached as security hook {name}");
                }
                if (_probe(AttachFeature.ModifyReturn).IsPresent && FunctionSignature.Find(kernel, hook.Function) is { } modified)
                {
                    return new HookResolution([Trampoline(hook, HookPhase.Entry, HookMechanism.ModifyReturn, "fmod_ret/", modified, "a trampoline may replace the result of security functions") with { Strength = ActionStrength.Prevented }], null);
                }
                return HookResolution.Impossible($"{hook}: Override needs BPF LSM or fmod_ret: {_probe(AttachFeature.Lsm).Reason}{Nearest(hook.Function)}");
            }
            if (FunctionSignature.Find(kernel, hook.Function) is { } injected && _injectable(hook.Function))
            {
                return new HookResolution([Trampoline(hook, HookPhase.Entry, HookMechanism.ModifyReturn, "fmod_ret/", injected, "the kernel allows errors in place of this function's result") with { Strength = ActionStrength.Prevented }], null);
            }
            return HookResolution.Impossible($"{hook}: {ErrorInjection.WhyNot}");
        }

        var signature = FunctionSignature.Find(kernel, hook.Function);
        var trampoline = _probe(AttachFeature.Fentry);
        if (signature is null && !KernelHas(hook.Function)) return HookResolution.Impossible($"{hook}: this kernel has no function '{hook.Function}' (or its compiler inlined it){Nearest(hook.Function)}") with { IsMissing = true };
        if (trampoline.IsPresent && signature is not null)
        {
            var entry = Trampoline(hook, HookPhase.Entry, HookMechanism.FunctionEntry, "fentry/", signature, "a trampoline is the cheapest way into a function");
            if (!withReturn) return new HookResolution([entry], null);
            var exit = Trampoline(hook, HookPhase.Return, HookMechanism.FunctionExit, "fexit/", signature, "a trampoline at the return has result and arguments at once");
            return new HookResolution(acts ? [entry, exit] : [exit], null);
        }
        var kprobe = _probe(AttachFeature.Kprobe);
        if (!kprobe.IsPresent)
        {
            return HookResolution.Impossible($"{hook}: kernel functions need trampolines (fentry) or kprobes: {trampoline.Reason}; kprobes: {kprobe.Reason}{Nearest(hook.Function)}");
        }
        var why = trampoline.IsPresent ? "the kernel's types do not have this function, so that no trampoline can be made" : $"trampolines are missing: {trampoline.Reason}";
        var atEntry = new ResolvedHook
        {
            Target = hook, Phase = HookPhase.Entry, Mechanism = HookMechanism.Kprobe, Section = $"kprobe/{hook.Function}",
            Reason = why, Strength = ActionStrength.KilledAfterEffect, Signature = signature,
        };
        if (!withReturn) return new HookResolution([atEntry], null);
        var atReturn = atEntry with
        {
            Phase = HookPhase.Return, Mechanism = HookMechanism.Kretprobe, Section = $"kretprobe/{hook.Function}",
            Reason = $"{why}; a second program at the entry notes the arguments for the return",
        };
        return new HookResolution(acts ? [atEntry, atReturn] : [atReturn], null);
    }

    /// <summary>Why one link cannot serve many functions; null when it can.</summary>
    public string? WhyNotMany(bool withReturn)
    {
        var multi = _probe(withReturn ? AttachFeature.KprobeSession : AttachFeature.KprobeMulti);
        if (!multi.IsPresent) return $"{(withReturn ? "kprobe.session" : "kprobe.multi")} is missing: {multi.Reason}";
        return _traceable.Value is null ? "the list of functions that it can attach to may not be read" : null;
    }

    /// <summary>Whether one link reaches a function: it is there, and function tracing is not switched off in it.</summary>
    public bool IsTraceable(string function) => _traceable.Value?.Contains(function) ?? false;

    /// <summary>Why a function that a link does not reach cannot be had at all.</summary>
    public HookResolution Untraceable(FunctionHook hook) => FunctionSignature.Find(kernel, hook.Function) is null && !KernelHas(hook.Function)
        ? Function(hook, withReturn: false, overrides: false, acts: false)
        : HookResolution.Impossible($"{hook}: this kernel keeps '{hook.Function}' from being traced (notrace){Nearest(hook.Function)}") with { IsMissing = true };

    /// <summary>The signature of a function, where the kernel's types tell.</summary>
    public FunctionSignature? SignatureOf(string function) => FunctionSignature.Find(kernel, function);

    /// <summary>Many functions of like signatures by one link: a trampoline for each costs less per call, and far more to attach.</summary>
    public HookResolution ResolveMany(FunctionSetHook hook, bool withReturn, bool acts)
    {
        ArgumentNullException.ThrowIfNull(hook);
        // The same functions get the same name in every generation, and keep their gate.
        var name = $"{hook.Names[0]}+{hook.Names.Count - 1}@{StableHash.Of(string.Join(' ', hook.Names)):x16}";
        var entry = new ResolvedHook
        {
            Target = hook, Phase = HookPhase.Entry, Mechanism = HookMechanism.FunctionsEntry, Section = $"kprobe.multi/{name}",
            Reason = "one link and one program serve many functions", Strength = ActionStrength.KilledAfterEffect, Signature = SignatureOf(hook.Names[0]),
        };
        var exit = entry with
        {
            Phase = HookPhase.Return, Mechanism = HookMechanism.FunctionsReturn, Section = $"kprobe.session/{name}",
            Reason = "one link and one program serve the entry and the return of many functions",
        };
        if (!withReturn) return new HookResolution([entry], null);
        return new HookResolution(acts ? [entry, exit] : [exit], null);
    }

    HookResolution Security(SecurityHook hook, string reason)
    {
        var feature = _probe(AttachFeature.Lsm);
        if (SignatureOfSecurity(hook.Name) is not { } signature)
        {
            return HookResolution.Impossible($"{hook}: this kernel has no security hook '{hook.Name}'") with { IsMissing = true };
        }
        if (!feature.IsPresent) return HookResolution.Impossible($"{hook}: needs BPF LSM: {feature.Reason}{Nearest(SecurityPrefix + hook.Name)}");
        return new HookResolution([
            new ResolvedHook
            {
                Target = hook, Phase = HookPhase.Entry, Mechanism = HookMechanism.SecurityModule, Section = $"lsm/{hook.Name}",
                Reason = reason, Strength = ActionStrength.Prevented, Signature = signature,
            }], null);
    }

    static HookResolution Tracepoint(TracepointHook hook, bool overrides)
    {
        if (overrides) return HookResolution.Impossible($"{hook}: a tracepoint cannot return an error in place of what it traces");
        if (TracepointFormat.Read(hook.Category, hook.Name) is not { } format)
        {
            return HookResolution.Impossible($"{hook}: this kernel has no such tracepoint") with { IsMissing = true };
        }
        return new HookResolution([
            new ResolvedHook
            {
                Target = hook, Phase = HookPhase.Entry, Mechanism = HookMechanism.Tracepoint, Section = $"tracepoint/{hook.Category}/{hook.Name}",
                Reason = "its fields are those of the tracepoint's record", Strength = StrengthOfTracepoint(hook.Name), Format = format,
            }], null);
    }

    HookResolution RawTracepoint(RawTracepointHook hook, bool overrides)
    {
        if (overrides) return HookResolution.Impossible($"{hook}: a tracepoint cannot return an error in place of what it traces");
        if (FunctionSignature.FindTracepoint(kernel, hook.Name) is not { } signature)
        {
            return HookResolution.Impossible($"{hook}: this kernel has no such tracepoint") with { IsMissing = true };
        }
        return new HookResolution([
            new ResolvedHook
            {
                Target = hook, Phase = HookPhase.Entry, Mechanism = HookMechanism.TypedTracepoint, Section = $"tp_btf/{hook.Name}",
                Reason = "the typed form costs what the raw one does and may call more of the kernel", Strength = StrengthOfTracepoint(hook.Name), Signature = signature,
            }], null);
    }

    static HookResolution Sensor(HookTarget target, bool overrides, ActionStrength strength, string reason)
    {
        if (overrides)
        {
            return HookResolution.Impossible(target is ExecutionHook
                ? "execution: an error cannot be returned any more; Sigkill ends the program before its first instruction, and lsmhooks 'bprm_check_security' can refuse it"
                : "exit: an end cannot be refused");
        }
        return new HookResolution([new ResolvedHook { Target = target, Phase = HookPhase.Entry, Mechanism = HookMechanism.Sensor, Section = target.ToString()!, Reason = reason, Strength = strength }], null);
    }

    static ActionStrength StrengthOfTracepoint(string name) =>
        name is "sched_process_exec" or "sched_prepare_exec" ? ActionStrength.Prevented : ActionStrength.KilledAfterEffect;

    static ResolvedHook Trampoline(FunctionHook hook, HookPhase phase, HookMechanism mechanism, string family, FunctionSignature signature, string reason) => new()
    {
        Target = hook, Phase = phase, Mechanism = mechanism, Section = family + hook.Function, Reason = reason,
        Strength = ActionStrength.KilledAfterEffect, Signature = signature,
    };

    FunctionSignature? SignatureOfSecurity(string name) => FunctionSignature.Find(kernel, "bpf_lsm_" + name);

    /// <summary>The names of a few security functions differ from those of their hooks (security/security.c).</summary>
    static string SecurityName(string function) => function[SecurityPrefix.Length..] switch
    {
        "bprm_check" => "bprm_check_security",
        "create_user_ns" => "userns_create",
        var name => name,
    };

    /// <summary>Why there are no system calls of 32-bit programs; null when there are.</summary>
    static string? WhyNo32Bit() => CompatibleTask.Exists ? CompatibleCalls.WhyNone : "this architecture has no system calls of i386";

    /// <summary>Where the kernel lists no symbols (CONFIG_KALLSYMS), attaching has to tell.</summary>
    static bool KernelHas(string function) => !File.Exists("/proc/kallsyms") || KernelSymbols.Exists(function);

    static string Nearest(string function) => NearestHook.Of(function) is { } nearest ? $"; the nearest hook that works everywhere is {nearest}" : "; no system call or tracepoint is known that comes nearest";
}
