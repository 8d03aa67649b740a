using Skep.Bpf;
using Skep.Bpf.Building;
using Skep.Bpf.Instructions;
using Skep.Engine.Hooks;
using Skep.Engine.Rules;

namespace Skep.Engine.Compilation;

/// <summary>How a program gets at its hook's arguments and result.</summary>
abstract class ArgumentAccess
{
    public static ArgumentAccess Of(HookPlan plan, Btf kernel) => Of(plan.Hook, plan, kernel);

    static ArgumentAccess Of(ResolvedHook hook, HookPlan plan, Btf kernel) => hook.Mechanism switch
    {
        HookMechanism.SyscallEntry => new SyscallEntryAccess(hook.Format!),
        HookMechanism.SyscallExit => new SyscallExitAccess(hook.Format!, kernel),
        HookMechanism.SyscallsEntry or HookMechanism.SyscallsExit => new SyscallsAccess(kernel, hook.Mechanism == HookMechanism.SyscallsExit, ((SyscallSetHook)hook.Target).Is32Bit),
        HookMechanism.Tracepoint => new RecordAccess(hook.Format!),
        HookMechanism.Sensor => new SensorAccess(hook.Target),
        HookMechanism.Kprobe or HookMechanism.FunctionsEntry => new RegisterAccess(kernel, hook.Signature),
        HookMechanism.Kretprobe or HookMechanism.FunctionsReturn => new ReturnedCallAccess(plan, kernel),
        HookMechanism.UserEntry when hook.Target is UsdtHook => new UsdtAccess(plan),
        HookMechanism.UserEntry => new UserFunctionAccess(plan),
        HookMechanism.UserReturn => new UserReturnAccess(plan),
        HookMechanism.ModifyReturn when hook.Target is SyscallHook => new SyscallsAccess(kernel, isExit: false, is32Bit: false),
        _ => new TypedAccess(hook.Signature!),
    };

    /// <summary>Number of arguments; -1 when it is not known.</summary>
    public abstract int Count { get; }

    /// <summary>An argument as 64 bits: a number, or an address.</summary>
    public abstract Value Load(CodeBuilder code, int index);

    /// <summary>The result as 64 bits.</summary>
    public virtual Value LoadResult(CodeBuilder code) => throw new BpfException("this hook has no result");

    /// <summary>Which of many it is: the number of the system call, or the place of the function.</summary>
    public virtual Value LoadCall(CodeBuilder code) => throw new BpfException("this hook is not one of many");

    /// <summary>Begins a program: gets what is not in the context.</summary>
    /// <param name="code">The program.</param>
    /// <param name="end">Where it ends when there is nothing to see.</param>
    public virtual void Begin(CodeBuilder code, Label end)
    {
    }

    /// <summary>Writes further programs and maps that this one depends on.</summary>
    public virtual void WriteCompanion(ObjectBuilder builder)
    {
    }

    /// <summary>Whether arguments are a process's: addresses are of its memory, whatever they say.</summary>
    public virtual bool IsUser => false;

    /// <summary>Changes an argument in the process's memory; 0 or a negated errno.</summary>
    public virtual Value WriteArgument(CodeBuilder code, int index, int value) => throw new BpfException("the arguments of this hook cannot be changed");

    /// <summary>The type of an argument, where the kernel's types tell; null elsewhere.</summary>
    public virtual BtfType? TypeOf(int index) => null;

    /// <summary>Whether an argument is the place of bytes in the tracepoint's record.</summary>
    public virtual bool IsDataLocation(int index) => false;

    /// <summary>Arguments in the context one after the other, as trampolines and typed tracepoints have them.</summary>
    sealed class TypedAccess(FunctionSignature signature) : ArgumentAccess
    {
        public override int Count => signature.Parameters.Count;

        public override Value Load(CodeBuilder code, int index) => code.Load(ScalarType.U64, code.Context, index * 8, $"argument {index}");

        public override Value LoadResult(CodeBuilder code) => code.Load(ScalarType.U64, code.Context, Count * 8, "result");

        public override BtfType? TypeOf(int index) => signature.TypeOf(index);
    }

    /// <summary>struct trace_event_raw_sys_enter: common fields, the number, then the arguments in 64 bits each.</summary>
    sealed class SyscallEntryAccess(TracepointFormat format) : ArgumentAccess
    {
        const int Arguments = 16;

        // Four common fields and the number come first.
        public override int Count => format.Fields.Count - 5;

        public override Value Load(CodeBuilder code, int index) => code.Load(ScalarType.U64, code.Context, Arguments + index * 8, $"argument {index}");
    }

    /// <summary>The result is in the record, the arguments are still in the registers that the call was made with.</summary>
    sealed class SyscallExitAccess(TracepointFormat format, Btf kernel) : ArgumentAccess
    {
        const int Result = 16;

        readonly SyscallRegisters _registers = new(kernel);

        public override int Count => format.Fields.Count - 5;

        public override Value Load(CodeBuilder code, int index)
        {
            var task = code.Call(HelperFunction.GetCurrentTaskBtf);
            var registers = code.Call(HelperFunction.TaskPtRegs, [task]).To(ScalarType.Pointer);
            return code.Load(ScalarType.U64, registers, _registers.OffsetOfArgument(index), $"argument {index}");
        }

        public override Value LoadResult(CodeBuilder code) => code.Load(ScalarType.U64, code.Context, Result, "result");
    }

    /// <summary>The registers and the number (sys_enter) or the result (sys_exit).</summary>
    sealed class SyscallsAccess(Btf kernel, bool isExit, bool is32Bit) : ArgumentAccess
    {
        readonly SyscallRegisters _registers = new(kernel);

        public override int Count => 6;

        // The upper halves of a 32-bit call's registers mean nothing (arch/x86/entry/syscall_32.c: do_syscall_32_irqs_on).
        public override Value Load(CodeBuilder code, int index) => is32Bit
            ? code.Load(ScalarType.U32, Registers(code), _registers.OffsetOf32BitArgument(index), $"argument {index}")
            : code.Load(ScalarType.U64, Registers(code), _registers.OffsetOfArgument(index), $"argument {index}");

        public override Value LoadResult(CodeBuilder code) => code.Load(ScalarType.U64, code.Context, 8, "result");

        public override Value LoadCall(CodeBuilder code) => isExit
            ? code.Load(is32Bit ? ScalarType.U32 : ScalarType.U64, Registers(code), _registers.OffsetOfNumber, "number")
            : code.Load(ScalarType.U64, code.Context, 8, "number");

        static Value Registers(CodeBuilder code) => code.Load(ScalarType.U64, code.Context, 0, "registers").To(ScalarType.Pointer);
    }

    /// <summary>Fields of a tracepoint's record, by their place in the format file.</summary>
    sealed class RecordAccess(TracepointFormat format) : ArgumentAccess
    {
        public override int Count => format.Fields.Count;

        public override Value Load(CodeBuilder code, int index)
        {
            var field = format.Fields[index];
            if (field.IsDataLocation)
            {
                // The low half is the offset of a text with its NUL (include/trace/stages/stage1_struct_define.h).
                return code.Context + (code.Load(ScalarType.U32, code.Context, field.Offset, field.Name) & 0xffff);
            }
            return field.Size switch
            {
                1 => code.Load(field.IsSigned ? ScalarType.S8 : ScalarType.U8, code.Context, field.Offset, field.Name),
                2 => code.Load(field.IsSigned ? ScalarType.S16 : ScalarType.U16, code.Context, field.Offset, field.Name),
                4 => code.Load(field.IsSigned ? ScalarType.S32 : ScalarType.U32, code.Context, field.Offset, field.Name),
                8 => code.Load(ScalarType.U64, code.Context, field.Offset, field.Name),
                // An array in the record: its address.
                _ => code.Context + field.Offset,
            };
        }

        public override bool IsDataLocation(int index) => format.Fields[index].IsDataLocation;
    }

    /// <summary>What the sensor hands to its decision, behind the slot and the process's record.</summary>
    sealed class SensorAccess(HookTarget target) : ArgumentAccess
    {
        /// <summary>The program and the process's flags; the status, the code and the signal.</summary>
        public override int Count => target is ExecutionHook ? 2 : 3;

        public override Value Load(CodeBuilder code, int index) => code.Parameter(2 + index);
    }

    /// <summary>Registers at a function's entry, by the architecture's calling convention.</summary>
    internal class RegisterAccess(Btf kernel, FunctionSignature? signature) : ArgumentAccess
    {
        protected CallRegisters Registers { get; } = new(kernel);

        public override int Count => signature?.Parameters.Count ?? -1;

        public override Value Load(CodeBuilder code, int index) => code.Load(ScalarType.U64, code.Context, Registers.OffsetOfArgument(index), $"argument {index}");

        public override Value LoadCall(CodeBuilder code) => code.Call(HelperFunction.GetAttachCookie, [code.Context]);

        public override BtfType? TypeOf(int index) => signature?.TypeOf(index);
    }
}
