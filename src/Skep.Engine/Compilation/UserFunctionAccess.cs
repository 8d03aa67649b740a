using Skep.Bpf;
using Skep.Bpf.Building;
using Skep.Bpf.Instructions;

namespace Skep.Engine.Compilation;

/// <summary>Arguments at the entry of a user function: in registers, by the calling convention.</summary>
class UserFunctionAccess(HookPlan plan) : ArgumentAccess
{
    protected bool IsGo { get; } = plan.Hook.Places!.IsGo;

    public override int Count => -1;

    public override bool IsUser => true;

    public override Value Load(CodeBuilder code, int index) => code.Load(ScalarType.U64, code.Context, UserRegisters.OffsetOfArgument(index, IsGo), $"argument {index}");

    public override Value LoadCall(CodeBuilder code) => code.Call(HelperFunction.GetAttachCookie, [code.Context]);
}
