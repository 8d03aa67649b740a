using Skep.Bpf;
using Skep.Engine.Rules;

namespace Skep.Engine.Hooks;

/// <summary>
/// Chooses the mechanism of a hook among those that this kernel offers, by what is asked there. What the kernel offers is probed
/// (<see cref="Features"/>), never guessed from its version.
/// </summary>
public sealed class HookResolver(Btf kernel)
{
    /// <summary>Functions whose result a trampoline may replace besides error-injectable ones (kernel/bpf/verifier.c: check_attach_modify_return).</summary>
    const string SecurityPrefix = "security_";

    /// <summary>Security hooks whose results mean something else than an error; recent kernels refuse programs there (kernel/bpf/bpf_lsm.c: bpf_lsm_disabled_hooks).</summary>
    static readonly string[] s_closedHooks =
    [
        "vm_enough_memory", "inode_need_killpriv", "inode_getsecurity", "inode_listsecurity", "inode_copy_up_xattr", "getselfattr", "getprocattr", "setprocattr",
    ];

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
        var entry = new ResolvedHook
        {
            Target = hook, Phase = HookPhase.Entry, Mechanism = HookMechanism.SyscallsEntry, Section = "tp_btf/sys_enter",
            Reason = "one program with a table serves many system calls", Strength = ActionStrength.KilledAfterEffect,
        };
        var exit = new ResolvedHook
        {
            Target = hook, Phase = HookPhase.Return, Mechanism = HookMechanism.SyscallsExit, Section = "tp_btf/sys_exit",
            Reason = "one program with a table serves many system calls; at their exit the result is known", Strength = ActionStrength.KilledAfterEffect,
        };
        if (!withReturn) return new HookResolution([entry], null);
        return new HookResolution(acts ? [entry, exit] : [exit], null);
    }

    static HookResolution Syscall(SyscallHook hook, bool withReturn, bool overrides, bool acts)
    {
        if (hook.Is32Bit)
        {
            return HookResolution.Impossible($"{hook}: the kernel's tracepoints of single system calls leave out those of 32-bit programs; the nearest hook that sees them is the tracepoint raw_syscalls/sys_enter");
        }
        if (overrides)
        {
            var kin = SyscallKin.Of(hook.Name);
            var instead = kin is null ? "" : $"; the nearest hook that can refuse is lsmhooks '{kin}'{(Features.Attach(AttachFeature.Lsm).IsPresent ? "" : ", which this kernel refuses too: " + Features.Attach(AttachFeature.Lsm).Reason)}";
            return HookResolution.Impossible($"{hook}: Override of a system call needs bpf_override_return, which this kernel does not offer (CONFIG_BPF_KPROBE_OVERRIDE with kprobes){instead}");
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
                if (!s_closedHooks.Contains(name) && Features.Attach(AttachFeature.Lsm).IsPresent && SignatureOfSecurity(name) is not null)
                {
                    return Security(new SecurityHook(name), $"{hook.Function} is the security hook {name}, whose result a program may give") is { Failure: null } found
                        ? new HookResolution([found.Hooks[0] with { Target = hook }], null)
                        : HookResolution.Impossible($"{hook}: cannot be attached as security hook {name}");
                }
                if (Features.Attach(AttachFeature.ModifyReturn).IsPresent && FunctionSignature.Find(kernel, hook.Function) is { } modified)
                {
                    return new HookResolution([Trampoline(hook, HookPhase.Entry, HookMechanism.ModifyReturn, "fmod_ret/", modified, "a trampoline may replace the result of security functions") with { Strength = ActionStrength.Prevented }], null);
                }
                return HookResolution.Impossible($"{hook}: Override needs BPF LSM or fmod_ret: {Features.Attach(AttachFeature.Lsm).Reason}{Nearest(hook.Function)}");
            }
            return HookResolution.Impossible($"{hook}: Override is possible for security_ functions and security hooks; for others it needs bpf_override_return, which this kernel does not offer");
        }

        var signature = FunctionSignature.Find(kernel, hook.Function);
        var trampoline = Features.Attach(AttachFeature.Fentry);
        if (signature is null && !KernelHas(hook.Function)) return HookResolution.Impossible($"{hook}: this kernel has no function '{hook.Function}' (or its compiler inlined it){Nearest(hook.Function)}") with { IsMissing = true };
        if (trampoline.IsPresent && signature is not null)
        {
            var entry = Trampoline(hook, HookPhase.Entry, HookMechanism.FunctionEntry, "fentry/", signature, "a trampoline is the cheapest way into a function");
            if (!withReturn) return new HookResolution([entry], null);
            var exit = Trampoline(hook, HookPhase.Return, HookMechanism.FunctionExit, "fexit/", signature, "a trampoline at the return has result and arguments at once");
            return new HookResolution(acts ? [entry, exit] : [exit], null);
        }
        var kprobe = Features.Attach(AttachFeature.Kprobe);
        if (kprobe.IsPresent && !withReturn)
        {
            return new HookResolution([
                new ResolvedHook
                {
                    Target = hook, Phase = HookPhase.Entry, Mechanism = HookMechanism.Kprobe, Section = $"kprobe/{hook.Function}",
                    Reason = trampoline.IsPresent ? "the kernel's types do not have this function, so that no trampoline can be made" : $"trampolines are missing: {trampoline.Reason}",
                    Strength = ActionStrength.KilledAfterEffect, Signature = signature,
                }], null);
        }
        return HookResolution.Impossible(
            $"{hook}: kernel functions need trampolines (fentry) or kprobes: {trampoline.Reason}{(kprobe.IsPresent ? "; a kprobe alone does not see the result together with the arguments" : "; kprobes: " + kprobe.Reason)}{Nearest(hook.Function)}");
    }

    HookResolution Security(SecurityHook hook, string reason)
    {
        var feature = Features.Attach(AttachFeature.Lsm);
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

    /// <summary>Where the kernel lists no symbols (CONFIG_KALLSYMS), attaching has to tell.</summary>
    static bool KernelHas(string function) => !File.Exists("/proc/kallsyms") || KernelSymbols.Exists(function);

    static string Nearest(string function) => NearestHook.Of(function) is { } nearest ? $"; the nearest hook that works everywhere is {nearest}" : "; no system call or tracepoint is known that comes nearest";
}
