using System.Reflection;
using System.Reflection.Emit;
using Clip.Trainer.Modeling;
using TorchSharp;
using TorchSharp.Modules;

namespace Clip.Trainer.Tests.Modeling;

/// <summary>
/// What native code is given lives until it has returned. TorchSharp passes bare addresses, so an object that nothing refers to any more
/// may be finalized in the middle of a call: a rare crash, or a wrong number without one. See <see cref="TensorOps"/>.
/// </summary>
public sealed class NativeHoldsTests
{
    private static readonly Dictionary<short, OpCode> OpCodesByValue = typeof(OpCodes).GetFields()
        .Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => code.Value);

    private readonly Dictionary<MethodBase, bool> _makers = [];

    /// <summary>
    /// A number that becomes a scalar or a tensor, and an embedding's table, which is wrapped anew at each look, go into a local or a
    /// field, which holds them, and not straight into a call; and of TorchSharp's own calls none is used that makes a scalar in passing.
    /// </summary>
    [Fact]
    public void WhatIsMadeForACallIsDeclared()
    {
        var code = typeof(TensorOps).Assembly.GetTypes()
            .SelectMany(type => type.GetMembers(
                BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly))
            .OfType<MethodBase>();
        var made = code.SelectMany(Made).ToList();

        Assert.Contains(made, one => one.IsHeld); // else nothing was read
        Assert.Empty(made.Where(one => !one.IsHeld).Select(one => one.Where));
    }

    private IEnumerable<(string Where, bool IsHeld)> Made(MethodBase method)
    {
        if (method.GetMethodBody()?.GetILAsByteArray() is not { } code) yield break;
        var wasMade = false;
        for (var at = 0; at < code.Length;)
        {
            var opCode = OpCodesByValue[code[at] == 0xFE ? (short)((0xFE << 8) | code[at + 1]) : code[at]];
            at += opCode.Size;
            if (wasMade) yield return ($"{method.DeclaringType}.{method.Name}", opCode.Name!.StartsWith("st", StringComparison.Ordinal));
            wasMade = false;
            if (opCode.OperandType == OperandType.InlineMethod)
            {
                var called = method.Module.ResolveMethod(
                    BitConverter.ToInt32(code, at), method.DeclaringType!.GetGenericArguments(),
                    method.IsGenericMethod ? method.GetGenericArguments() : null);
                wasMade = IsMadeForACall(called, isOurs: method.Module == typeof(TensorOps).Module);
                if (MakesAScalar(called)) yield return ($"{method.DeclaringType}.{method.Name}: {called}", false);
            }

            at += opCode.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, at)),
                _ => 4,
            };
        }
    }

    private static bool IsMadeForACall(MethodBase? called, bool isOurs) => called switch
    {
        MethodInfo { Name: "op_Implicit" } made => made.ReturnType == typeof(Scalar) || (isOurs && made.ReturnType == typeof(torch.Tensor)),
        { Name: "get_weight" } => called.DeclaringType == typeof(Embedding),
        _ => false,
    };

    /// <summary>Whether a call of TorchSharp's makes a scalar of its own in passing, as a sum of tensors makes its factor of 1.</summary>
    private bool MakesAScalar(MethodBase? called)
    {
        if (called?.DeclaringType?.Assembly != typeof(torch.Tensor).Assembly || called.Name == "op_Implicit") return false;
        if (_makers.TryGetValue(called, out var known)) return known;
        _makers[called] = false; // as long as it is being read
        return _makers[called] = Made(called).Any(one => !one.IsHeld);
    }
}
