namespace Skep.Bpf;

public sealed partial class BpfProgram
{
    /// <summary>
    /// Attaches the program where its section says: <c>tracepoint/sched/sched_switch</c>, <c>uprobe//usr/bin/x:main</c>,
    /// <c>kprobe.multi/tcp_*</c> … Interface, control group and the like, which sections do not name, come from the options.
    /// </summary>
    /// <exception cref="InvalidOperationException">The section does not say where, and the options do not either; the message names what is missing.</exception>
    /// <exception cref="BpfException">There is no such target or the kernel refused it.</exception>
    public BpfLink Attach(AutoAttachOptions? options = null) => AutoAttach.Attach(this, options ?? new AutoAttachOptions());
}
