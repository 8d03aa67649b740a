using Skep.Bpf;
using Skep.Bpf.Building;
using Skep.Bpf.Instructions;
using Skep.Engine.Hooks;

namespace Skep.Engine.Compilation;

/// <summary>
/// At a function's return the result is in its register, and the arguments are gone: a program at the entry notes them in the thread's storage
/// (<c>bpf/call.h</c>), under the function and its stack pointer. A kprobe.session runs one program at both places, and the kernel keeps eight bytes for
/// each call, where the stack pointer goes; a kretprobe has it in its registers, and takes a program of its own at the entry.
/// </summary>
sealed class ReturnedCallAccess(HookPlan plan, Btf kernel) : ArgumentAccess.RegisterAccess(kernel, plan.Hook.Signature)
{
    StackBuffer? _arguments;

    bool IsSession => plan.Hook.Mechanism == HookMechanism.FunctionsReturn;

    public override void Begin(CodeBuilder code, Label end)
    {
        var arguments = _arguments = code.Stack(Size, zero: false);
        Value stack;
        if (IsSession)
        {
            var noted = code.CallKernel("bpf_session_cookie", [code.Context]).To(ScalarType.Pointer);
            using (code.If(code.CallKernel("bpf_session_is_return", [code.Context]).To(ScalarType.U8) == 0))
            {
                code.Store(ScalarType.U64, noted, 0, Stack(code), "stack");
                Note(code, arguments);
                code.Return(0);
            }
            stack = code.Load(ScalarType.U64, noted, 0, "stack");
        }
        else
        {
            stack = Stack(code) - CallRegisters.StackAtReturn;
        }
        code.GotoIf(code.Call("call_returns", [Function(code), stack, arguments.Address]).To(ScalarType.S32) != 0, end);
    }

    public override void WriteCompanion(ObjectBuilder builder)
    {
        if (plan.EntrySection is not { } section) return;
        builder.AddProgram(section, plan.EntryProgramName, code => Note(code, code.Stack(Size, zero: false)));
    }

    public override Value Load(CodeBuilder code, int index)
    {
        // Complains of one that is in no register.
        _ = Registers.OffsetOfArgument(index);
        return code.Load(ScalarType.U64, _arguments!.Address, index * sizeof(ulong), $"argument {index}");
    }

    public override Value LoadResult(CodeBuilder code) => code.Load(ScalarType.U64, code.Context, Registers.OffsetOfResult, "result");

    /// <summary>As bpf/engine.h: CALL_ARGUMENTS.</summary>
    static int Size => 8 * sizeof(ulong);

    void Note(CodeBuilder code, StackBuffer arguments)
    {
        for (var i = 0; i < Size / sizeof(ulong); i++)
        {
            var argument = i < CallRegisters.ArgumentCount ? code.Load(ScalarType.U64, code.Context, Registers.OffsetOfArgument(i), $"argument {i}") : 0;
            code.Store(ScalarType.U64, arguments.Address, i * sizeof(ulong), argument, $"argument {i}");
        }
        code.Call("call_begins", [Function(code), Stack(code), arguments.Address, plan.Number]);
    }

    Value Stack(CodeBuilder code) => code.Load(ScalarType.U64, code.Context, Registers.OffsetOfStack, "stack");

    /// <summary>The same in every generation: a call may begin in one and return in the next.</summary>
    Value Function(CodeBuilder code)
    {
        var name = code.Constant(StableHash.Of(plan.GateName) | 1);
        return IsSession ? name + (LoadCall(code) << 1) : name;
    }
}
