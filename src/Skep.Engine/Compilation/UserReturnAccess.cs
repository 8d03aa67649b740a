using Skep.Bpf;
using Skep.Bpf.Building;
using Skep.Bpf.Instructions;

namespace Skep.Engine.Compilation;

/// <summary>
/// At the return of a user function the result is in its register, and the arguments are gone: a program at the entry notes them in the thread's storage
/// (<c>bpf/user.h</c>).
/// </summary>
sealed class UserReturnAccess(HookPlan plan) : UserFunctionAccess(plan)
{
    readonly HookPlan _plan = plan;
    StackBuffer? _arguments;

    /// <summary>As bpf/engine.h: USER_ARGUMENTS.</summary>
    static int Size => 8 * sizeof(ulong);

    public override void Begin(CodeBuilder code, Label end)
    {
        if (!_plan.NotesArguments) return;
        _arguments = code.Stack(Size, zero: false);
        code.GotoIf(code.Call("user_call_returns", [Function(code), Stack(code) - UserRegisters.StackAtReturn, _arguments.Address]).To(ScalarType.S32) != 0, end);
    }

    public override void WriteCompanion(ObjectBuilder builder)
    {
        if (!_plan.NotesArguments) return;
        builder.AddProgram((_plan.Hook.Places! with { IsReturn = false }).Section, _plan.EntryProgramName, code =>
        {
            var arguments = code.Stack(Size);
            for (var i = 0; i < UserRegisters.Count(isGo: false); i++) code.Store(ScalarType.U64, arguments.Address, i * sizeof(ulong), base.Load(code, i), $"argument {i}");
            code.Call("user_call_begins", [Function(code), Stack(code), arguments.Address, _plan.Number]);
            code.Return(0);
        });
    }

    public override Value Load(CodeBuilder code, int index)
    {
        // Complains of one that is in no register.
        _ = UserRegisters.OffsetOfArgument(index, isGo: false);
        return code.Load(ScalarType.U64, _arguments!.Address, index * sizeof(ulong), $"argument {index}");
    }

    public override Value LoadResult(CodeBuilder code) => code.Load(ScalarType.U64, code.Context, UserRegisters.OffsetOfResult, "result");

    static Value Stack(CodeBuilder code) => code.Load(ScalarType.U64, code.Context, UserRegisters.OffsetOfStack, "stack");

    /// <summary>The same in every generation: a call may begin in one and return in the next.</summary>
    Value Function(CodeBuilder code)
    {
        var name = code.Constant(StableHash.Of(_plan.GateName) | 1);
        return _plan.Hook.Places!.Places.Count > 1 ? name + (LoadCall(code) << 1) : name;
    }
}
