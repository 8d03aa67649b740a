using Skep.Bpf;
using Skep.Bpf.Building;
using Skep.Bpf.Instructions;
using Skep.Engine.Compilation;

namespace Skep.Engine.KernelTests.Kernel;

/// <summary>
/// Writes programs as generated ones are: claim a slot, find the process, capture, send, release. Addresses go through
/// the slot's values, which makes plain numbers of typed pointers.
/// </summary>
sealed class CaptureProgram
{
    static readonly KernelLayout s_layout = new(KernelSide.Spec().Btf!);
    static readonly SlotTable s_table = new(s_layout);

    readonly ObjectBuilder _build = new("generated") { License = "Dual BSD/GPL" };

    public int Hook { get; init; } = 1;

    public ObjectBuilder Builder => _build;

    public ObjectSpec Build() => _build.Build();

    /// <summary>A program that captures when this process makes a system call.</summary>
    public CaptureProgram OnSyscall(string name, int number, int arguments, Action<Scope> captures) =>
        On("tp_btf/sys_enter", name, arguments, captures, code => code.Load(ScalarType.U64, code.Context, 8) == number);

    /// <summary>Likewise, with the process's record at hand.</summary>
    public CaptureProgram OnSyscallOfProcess(string name, int number, int arguments, Action<Scope, Value> captures) =>
        On("tp_btf/sys_enter", name, arguments, scope => captures(scope, scope.Process!.Value), code => code.Load(ScalarType.U64, code.Context, 8) == number);

    public CaptureProgram On(string section, string name, int arguments, Action<Scope> captures, Func<CodeBuilder, Skep.Bpf.Building.Condition>? condition = null, bool anyProcess = false)
    {
        _build.AddProgram(section, name, code =>
        {
            if (condition is not null)
            {
                using (code.If(condition(code))) Filtered(code);
            }
            else
            {
                Filtered(code);
            }
        });
        return this;

        void Filtered(CodeBuilder code)
        {
            if (anyProcess)
            {
                Body(code);
                return;
            }
            // Tests run side by side in one process: what another one's thread does is not this one's.
            using (code.If((code.Call(HelperFunction.GetCurrentPidTgid) & 0xffffffff) == Native.ThreadId())) Body(code);
        }

        void Body(CodeBuilder code)
        {
            var slot = code.Let(code.Call("slot_acquire", []));
            using (code.If(slot != 0))
            {
                var process = code.Let(code.Call("process_current", [slot]));
                using (code.If(process != 0))
                {
                    code.Store(ScalarType.U32, slot, s_layout.RecordLength, s_layout.Table - s_layout.Body + arguments * 8);
                    code.Store(ScalarType.U32, slot, s_layout.Captured, 0);
                    code.Store(ScalarType.U16, slot, s_layout.ArgumentCount, arguments);
                    captures(new Scope(code, slot) { Process = process });
                    code.Call("complete_hook", [slot, process, Hook]);
                }
                code.Call("slot_release", [slot]);
            }
        }
    }

    /// <summary>Code between the beginning and the end of a record.</summary>
    public sealed class Scope(CodeBuilder code, Value slot)
    {
        public CodeBuilder Code => code;

        public Value Slot => slot;

        public Value? Process { get; init; }

        /// <summary>A word of the context as a number.</summary>
        public Value Argument(int index) => Plain(code.Load(ScalarType.U64, code.Context, index * 8));

        /// <summary>An argument of a system call, at its tracepoint (x86-64).</summary>
        public Value SyscallArgument(int index)
        {
            var register = (string[])["di", "si", "dx", "r10", "r8", "r9"];
            return Read(Argument(0), Offset("pt_regs", register[index]));
        }

        public Value CurrentTask => code.Let(code.Call(HelperFunction.GetCurrentTask));

        /// <summary>The word at an address.</summary>
        public Value Read(Value address, int offset)
        {
            code.ReadKernel(slot + RecordLayouts.SlotValues, 8, address + offset);
            return code.Let(code.Load(ScalarType.U64, slot, RecordLayouts.SlotValues));
        }

        public Value Plain(Value pointer)
        {
            code.Store(ScalarType.U64, slot, RecordLayouts.SlotValues, pointer);
            return code.Let(code.Load(ScalarType.U64, slot, RecordLayouts.SlotValues));
        }

        public void Number(int index, Value value) => s_table.StoreNumber(code, slot, index, value);

        public void Capture(string kind, int index, Value value, Value extra) => code.Call($"capture_{kind}", [slot, index, value, extra]);
    }

    public static int Offset(string structure, string field)
    {
        Btf.Kernel.TryFind(structure, BtfKind.Struct, out var type);
        return BtfLayout.TryFind(type, field, out var location) ? (int)(location.BitOffset / 8) : throw new InvalidOperationException($"{structure} has no {field}");
    }
}
