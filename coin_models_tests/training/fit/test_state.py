"""The state of a fit, and the best epoch that it keeps."""

import torch

from coin_models.training.fit.state import FitState


def state(num_coins: int = 3) -> FitState:
    return FitState.fresh(torch.zeros(num_coins, 4), torch.zeros(num_coins, 2), num_epochs=2)


def test_a_fresh_state_has_no_best_loss_and_no_curves_yet() -> None:
    fresh = state()

    assert fresh.best_loss.isinf().all()
    assert fresh.train_curve.isnan().all()
    assert fresh.train_curve.shape == fresh.validation_curve.shape == (2, 3)
    assert fresh.train_curve.data_ptr() != fresh.validation_curve.data_ptr()


def test_each_coin_keeps_the_weights_of_its_own_best_epoch() -> None:
    fit = state()
    for epoch, losses in ((1, [0.5, 0.5, 0.5]), (2, [0.4, 0.6, 0.5])):
        fit.decayed.fill_(epoch)
        fit.plain.fill_(epoch)
        fit.keep_best(torch.tensor(losses), epoch)

    # the first coin was better in epoch 2; the second worse, the third only as good
    assert fit.best_epoch.tolist() == [2, 1, 1]
    assert fit.best_decayed[:, 0].tolist() == fit.best_plain[:, 0].tolist() == [2.0, 1.0, 1.0]
    assert torch.equal(fit.best_loss, torch.tensor([0.4, 0.5, 0.5]))


def test_a_loss_that_is_not_a_number_is_never_the_best() -> None:
    fit = state(1)
    fit.decayed.fill_(7.0)
    fit.keep_best(torch.tensor([torch.nan]), 1)

    assert fit.best_epoch.tolist() == [0]
    assert fit.best_decayed.unique().tolist() == [0.0]
