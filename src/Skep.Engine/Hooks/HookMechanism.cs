namespace Skep.Engine.Hooks;

/// <summary>How the kernel calls a hook's program.</summary>
public enum HookMechanism
{
    /// <summary>A tracepoint with its record (perf event).</summary>
    Tracepoint,

    /// <summary>A tracepoint with typed arguments (tp_btf).</summary>
    TypedTracepoint,

    /// <summary>The tracepoint at the entry of one system call.</summary>
    SyscallEntry,

    /// <summary>The tracepoint at the exit of one system call; the arguments come from the saved registers.</summary>
    SyscallExit,

    /// <summary>The typed tracepoint at the entry of all system calls, with a table of those that are wanted.</summary>
    SyscallsEntry,

    /// <summary>The typed tracepoint at the exit of all system calls, likewise.</summary>
    SyscallsExit,

    /// <summary>A trampoline at a function's entry.</summary>
    FunctionEntry,

    /// <summary>A trampoline at a function's return, which also has the arguments.</summary>
    FunctionExit,

    /// <summary>A trampoline that can replace a function's result.</summary>
    ModifyReturn,

    /// <summary>A hook of the BPF security module.</summary>
    SecurityModule,

    /// <summary>A breakpoint at a function's entry.</summary>
    Kprobe,

    /// <summary>A breakpoint in a program or library, or several by one link (uprobe.multi).</summary>
    UserEntry,

    /// <summary>The return of functions of a program or library; a second breakpoint at the entry notes the arguments.</summary>
    UserReturn,

    /// <summary>A part of the process sensor, which sees executions and exits anyway.</summary>
    Sensor,

    /// <summary>A breakpoint at a function's return; a second one at its entry notes the arguments.</summary>
    Kretprobe,

    /// <summary>The entry of many functions by one link (kprobe.multi).</summary>
    FunctionsEntry,

    /// <summary>The return of many functions by one link, whose program notes the arguments at their entry (kprobe.session).</summary>
    FunctionsReturn,
}
