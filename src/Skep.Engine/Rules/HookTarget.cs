namespace Skep.Engine.Rules;

/// <summary>What a dialect wants to see, named by what it is; the resolver chooses the mechanism.</summary>
public abstract record HookTarget;

/// <summary>Calls of a kernel function.</summary>
/// <param name="Function">Its name as in kallsyms.</param>
public sealed record FunctionHook(string Function) : HookTarget
{
    /// <inheritdoc/>
    public override string ToString() => $"function:{Function}";
}

/// <summary>Calls of any of many kernel functions, as one program sees them.</summary>
/// <param name="Names">Their names, in ordinal order; a function's place is what its program knows it by.</param>
public sealed record FunctionSetHook(IReadOnlyList<string> Names) : HookTarget
{
    /// <inheritdoc/>
    public override string ToString() => $"functions:{Names.Count}";
}

/// <summary>Calls of a system call.</summary>
/// <param name="Name">Its name without prefix: <c>openat</c>.</param>
public sealed record SyscallHook(string Name) : HookTarget
{
    /// <summary>Whether the table for 32-bit programs is meant (<c>int 0x80</c>).</summary>
    public bool Is32Bit { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Is32Bit ? $"syscall:i386/{Name}" : $"syscall:{Name}";
}

/// <summary>Calls of any of many system calls, as one program sees them.</summary>
/// <param name="Names">Their names without prefix.</param>
public sealed record SyscallSetHook(IReadOnlyList<string> Names) : HookTarget
{
    /// <summary>Whether they are those of 32-bit programs (<c>int 0x80</c>).</summary>
    public bool Is32Bit { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Is32Bit ? $"syscalls:i386/{Names.Count}" : $"syscalls:{Names.Count}";
}

/// <summary>A tracepoint with the fields of its format file.</summary>
/// <param name="Category">For example <c>sched</c>.</param>
/// <param name="Name">For example <c>sched_switch</c>.</param>
public sealed record TracepointHook(string Category, string Name) : HookTarget
{
    /// <inheritdoc/>
    public override string ToString() => $"tracepoint:{Category}/{Name}";
}

/// <summary>A tracepoint with the arguments that the kernel's code passes to it.</summary>
/// <param name="Name">For example <c>sched_switch</c>.</param>
public sealed record RawTracepointHook(string Name) : HookTarget
{
    /// <inheritdoc/>
    public override string ToString() => $"raw_tracepoint:{Name}";
}

/// <summary>A hook of the Linux security modules.</summary>
/// <param name="Name">For example <c>file_open</c>.</param>
public sealed record SecurityHook(string Name) : HookTarget
{
    /// <inheritdoc/>
    public override string ToString() => $"lsm:{Name}";
}

/// <summary>Executions of programs. As soon as a policy has this hook, only the executions that some rule posts are events.</summary>
public sealed record ExecutionHook : HookTarget
{
    /// <inheritdoc/>
    public override string ToString() => "execution";
}

/// <summary>Ends of processes. As soon as a policy has this hook, only the ends that some rule posts are events.</summary>
public sealed record ExitHook : HookTarget
{
    /// <inheritdoc/>
    public override string ToString() => "exit";
}
